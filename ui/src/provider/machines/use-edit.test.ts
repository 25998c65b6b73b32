import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { aMachine } from "./machine.fixture.ts";
import { useEdit } from "./use-edit.ts";

test("what somebody else changes while the form is open is not undone by it", () => {
  const opened = aMachine({ pricePerHour: 1000, name: "Porto" });
  const { result, rerender } = renderHook(({ machine }) => useEdit(machine), { initialProps: { machine: opened } });
  rerender({ machine: { ...opened, pricePerHour: 2000, location: "pt-lis" } });
  expect(result.current.changes).toEqual({});
  act(() => result.current.set("name", "Lisboa"));
  expect(result.current.fields.price).toBe("1000");
  expect(result.current.changes).toEqual({ name: "Lisboa" });
});
