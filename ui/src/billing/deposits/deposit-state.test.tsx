import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { DepositState } from "./deposit-state.tsx";

afterEach(cleanup);

const COMING = { credited: false, confirmations: 2 };

test("a deposit is on its way to as many confirmations as the platform asks for", () => {
  const { container, rerender } = render(<DepositState deposit={COMING} needed={5} />);
  expect(container.textContent).toContain("2 of 5 confirmations");
  expect(container.querySelector("progress")?.value).toBe(40);
  rerender(<DepositState deposit={COMING} needed={undefined} />);
  expect(container.textContent).not.toContain("confirmations");
  rerender(<DepositState deposit={{ ...COMING, credited: true }} needed={undefined} />);
  expect(container.textContent).toContain("Credited");
});
