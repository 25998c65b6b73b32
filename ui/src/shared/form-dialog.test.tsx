import createWrapper from "@cloudscape-design/components/test-utils/dom";
import { cleanup, fireEvent, render } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { FormDialog } from "./form-dialog.tsx";

afterEach(cleanup);

function shown(given: { isBusy?: boolean; isComplete?: boolean }) {
  const onSubmit = vi.fn();
  const onClose = vi.fn();
  const words = { title: "Limits", submitLabel: "Save", cancelLabel: "Cancel" };
  render(
    <FormDialog {...words} isBusy={false} problem={null} onSubmit={onSubmit} onClose={onClose} {...given}>
      <input />
    </FormDialog>,
  );
  const dialog = createWrapper().findModal()?.getElement();
  const form = dialog?.querySelector("form");
  const button = [...(dialog?.querySelectorAll("button") ?? [])].find((one) => one.textContent === "Save");
  if (form == null || button === undefined) throw new Error("the dialog has no form, or no button");
  return { form, button, onSubmit, onClose };
}

test("the button in the footer belongs to the form, so that Enter in a field presses it", () => {
  const { form, button, onSubmit } = shown({});
  expect(button.form).toBe(form);
  expect(button.type).toBe("submit");
  button.click();
  expect(onSubmit).toHaveBeenCalledOnce();
});

test("it closes by its other button and sends nothing", () => {
  const { onSubmit, onClose } = shown({});
  [...document.querySelectorAll("button")].find((one) => one.textContent === "Cancel")?.click();
  expect([onSubmit.mock.calls.length, onClose.mock.calls.length]).toEqual([0, 1]);
});

test.each([{ isBusy: true }, { isComplete: false }])("nothing is sent while %o", (state) => {
  const { form, button, onSubmit } = shown(state);
  button.click();
  fireEvent.submit(form);
  expect(onSubmit).not.toHaveBeenCalled();
});
