import fc from "fast-check";
import { expect, test } from "vitest";
import { aMachine } from "./machine.fixture.ts";
import { changesOf, fieldsOf, flawsOf } from "./edit.ts";

test("a form that nobody touched has no flaw and changes nothing", () => {
  const machine = aMachine({ location: null });
  expect([...flawsOf(fieldsOf(machine), machine)]).toEqual([]);
  expect(changesOf(fieldsOf(machine), machine)).toEqual({});
});

test("only what differs is sent", () => {
  const machine = aMachine();
  const fields = { ...fieldsOf(machine), price: "2 500" };
  expect(changesOf(fields, machine)).toEqual({ pricePerHour: 2500 });
});

test("a name cannot be empty, a price is whole, and a place is not taken away", () => {
  expect([...flawsOf({ name: " ", price: "1,5", place: "" }, aMachine())]).toEqual(["name", "price", "place"]);
});

test("whatever is typed, what is sent is what the platform takes", () => {
  const fields = fc.record({
    name: fc.oneof(fc.string(), fc.constant("Porto")),
    price: fc.oneof(fc.string(), fc.nat().map(String)),
    place: fc.oneof(fc.string(), fc.stringMatching(/^[a-z]{2}-[a-z]{3}$/)),
  });
  fc.assert(
    fc.property(fields, (typed) => {
      const machine = aMachine();
      fc.pre(flawsOf(typed, machine).size === 0);
      const sent = changesOf(typed, machine);
      if (sent.pricePerHour !== undefined) expect(Number.isSafeInteger(sent.pricePerHour)).toBe(true);
      if (sent.location !== undefined) expect(sent.location).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
    }),
  );
});
