import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, expect, test, vi } from "vitest";
import type { Withdrawal } from "../../billing/withdrawals/withdrawal.ts";
import { Payouts } from "./payouts.tsx";

const SOME: Withdrawal = {
  id: "7d1e4c1a-0000-4000-8000-000000000001",
  amount: 1000,
  address: "ABCDEFGHIJ".repeat(6),
  status: "RETURNED",
  reason: null,
  hash: null,
  tick: null,
  tries: 0,
  steps: [],
  createdAt: "2026-11-22T12:00:00Z",
};
const shown = vi.hoisted(() => ({ items: [] as unknown[], total: 0 }));

vi.mock("../../api/client.ts", () => ({
  api: { GET: () => Promise.resolve(shown) },
  callForList: (answer: Promise<unknown>) => answer,
}));

afterEach(cleanup);

test("the newest payouts stand as the withdrawals that they are", async () => {
  shown.items = Array.from({ length: 25 }, (_, index) => ({ ...SOME, id: String(index) }));
  shown.total = 30;
  render(
    <MemoryRouter>
      <QueryClientProvider client={new QueryClient()}>
        <Payouts />
      </QueryClientProvider>
    </MemoryRouter>,
  );
  expect(await screen.findAllByText("Came back")).toHaveLength(10);
  expect(screen.getAllByText("ABCDEF…EFGHIJ")).toHaveLength(10);
  expect(screen.getByText("(30)")).toBeTruthy();
});
