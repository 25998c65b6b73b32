import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { emptyDraft } from "../../launch/draft.ts";
import { SAME } from "./compare.ts";
import { useQuote } from "./use-quote.ts";

const post = vi.hoisted(() => vi.fn());
const asked: number[] = [];

vi.mock("../../api/client.ts", () => ({ api: { POST: post }, call: (answer: Promise<unknown>) => answer }));

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  post.mockImplementation((_path: string, { body }: { body: { timeLimitSeconds: number } }) => {
    asked.push(body.timeLimitSeconds);
    return Promise.resolve({ likelyCost: body.timeLimitSeconds });
  });
});

afterEach(() => vi.useRealTimers());

const DRAFT = emptyDraft("key");
const pass = (ms: number) => act(() => vi.advanceTimersByTimeAsync(ms));

async function calculator() {
  const client = new QueryClient();
  const { result, rerender } = renderHook(({ draft }) => useQuote(draft, SAME), {
    initialProps: { draft: { ...DRAFT, minutes: "1" } },
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
  await pass(0);
  expect([asked, result.current.quote?.likelyCost, result.current.isFormer]).toEqual([[60], 60, false]);
  return { result, type: (minutes: string) => rerender({ draft: { ...DRAFT, minutes } }) };
}

test("while somebody types nothing is asked, and what is shown is marked as of the former question", async () => {
  const { result, type } = await calculator();
  for (const minutes of ["12", "123", "12"]) {
    type(minutes);
    expect([result.current.quote?.likelyCost, result.current.isFormer]).toEqual([60, true]);
    await pass(299);
  }
  expect(asked).toEqual([60]);
  await pass(1);
  await pass(0);
  expect(asked).toEqual([60, 720]);
  expect([result.current.quote?.likelyCost, result.current.isFormer]).toEqual([720, false]);
});

test("what cannot be read is not asked for, and what is shown stays marked until it can be", async () => {
  const { result, type } = await calculator();
  type("soon");
  await pass(1000);
  expect([asked, result.current.quote?.likelyCost, result.current.isFormer]).toEqual([[60], 60, true]);
  type("2");
  await pass(300);
  await pass(0);
  expect([asked, result.current.quote?.likelyCost, result.current.isFormer]).toEqual([[60, 120], 120, false]);
});
