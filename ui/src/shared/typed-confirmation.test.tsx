import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { TypedConfirmation } from "./typed-confirmation.tsx";

const ENTER = { key: "Enter", keyCode: 13 };

afterEach(cleanup);

function enterAfter(typed: string, { isBusy }: { isBusy: boolean }): number {
  const onConfirm = vi.fn();
  const words = { title: "Withdraw?", wordLabel: "Type", confirmLabel: "Withdraw", dismissLabel: "Cancel" };
  render(
    <TypedConfirmation {...words} word="QUBIC" isBusy={isBusy} onConfirm={onConfirm} onDismiss={vi.fn()}>
      For good.
    </TypedConfirmation>,
  );
  const input = createWrapper().findModal()?.findContent().findInput();
  input?.setInputValue(typed);
  input?.findNativeInput().keydown(ENTER);
  return onConfirm.mock.calls.length;
}

test("Enter confirms once the word stands there", () => {
  expect(enterAfter("QUBIC", { isBusy: false })).toBe(1);
});

test("Enter does nothing before that, nor again while it is being done", () => {
  expect(enterAfter("QUBI", { isBusy: false })).toBe(0);
  cleanup();
  expect(enterAfter("QUBIC", { isBusy: true })).toBe(0);
});
