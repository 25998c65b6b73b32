import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useToasts, toasts } from "../../app/toasts.ts";
import { aMachine } from "./machine.fixture.ts";
import { usePause } from "./use-actions.ts";

const machine = aMachine({ name: "Porto" });
const sent: unknown[] = [];
const patch = vi.hoisted(() => vi.fn());

vi.mock("../../api/client.ts", () => ({ api: { PATCH: patch }, call: (answer: Promise<unknown>) => answer }));

beforeEach(() => {
  sent.length = 0;
  patch.mockImplementation((_path: string, { body }: { body: { isAvailable: boolean } }) => {
    sent.push(body);
    return Promise.resolve({ ...machine, ...body });
  });
});

afterEach(() => {
  for (const { id } of shown()) toasts.dismiss(id);
});

function shown() {
  const { result, unmount } = renderHook(() => useToasts());
  const now = result.current;
  unmount();
  return now;
}

/** Pause it, leave the page, and press Undo. */
async function undoFromElsewhere() {
  const client = new QueryClient();
  const { result, unmount } = renderHook(() => usePause(machine), {
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  });
  act(() => result.current.pause());
  await vi.waitFor(() => expect(shown()).toHaveLength(1));
  unmount();
  return () => shown()[0]?.undo?.();
}

test("an undo from another page says that it is done", async () => {
  const undo = await undoFromElsewhere();
  undo();
  await vi.waitFor(() => expect(shown()).toHaveLength(2));
  expect(sent).toEqual([{ isAvailable: false }, { isAvailable: true }]);
  expect(shown()[0]).toMatchObject({ type: "success", text: "Porto takes work again." });
});

test("an undo that is refused says so", async () => {
  const undo = await undoFromElsewhere();
  patch.mockImplementation(() => Promise.reject(new Error("The machine was removed.")));
  undo();
  await vi.waitFor(() => expect(shown()[0]).toMatchObject({ type: "error", text: "The machine was removed." }));
});
