import fc from "fast-check";
import { expect, test } from "vitest";
import { doneOf, MOST_ITEMS, readBounds, readItems, shownData, shownName } from "./groups.ts";

test("what ended is what neither waits nor is at work", () => {
  expect(doneOf({ items: { QUEUED: 3, TAKEN: 2, DONE: 4, FAILED: 1 } })).toEqual({ ended: 5, all: 10 });
  expect(doneOf({ items: {} })).toEqual({ ended: 0, all: 0 });
});

test("bounds are read where a group can have them", () => {
  expect(readBounds({ least: "0", most: "4" })).toEqual({ minWorkers: 0, maxWorkers: 4 });
  for (const [least, most] of [
    ["5", "4"],
    ["0", "0"],
    ["0", "201"],
    ["", "4"],
    ["-1", "4"],
  ] as const) {
    expect(readBounds({ least, most })).toBeNull();
  }
});

test("each line is an item: JSON, or its text", () => {
  expect(readItems('{"seed": 1}\n\n plain text \n3')).toEqual([
    { data: { seed: 1 } },
    { data: "plain text" },
    { data: 3 },
  ]);
  expect(readItems(" \n ")).toBeNull();
  expect(readItems("1\n".repeat(MOST_ITEMS))).toHaveLength(MOST_ITEMS);
  expect(readItems("1\n".repeat(MOST_ITEMS + 1))).toBeNull();
});

test("what was written as JSON is read as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 }), (values) => {
      const items = readItems(values.map((value) => JSON.stringify(value)).join("\n"));
      expect(items?.map(({ data }) => JSON.stringify(data))).toEqual(values.map((value) => JSON.stringify(value)));
    }),
  );
});

test("what an item holds is told on one line", () => {
  expect([shownData("text"), shownData({ seed: 1 }), shownData(null)]).toEqual(["text", '{"seed":1}', "null"]);
});

test("a name that the platform made up is shown by its beginning, another whole", () => {
  expect(shownName("8b76cd9b-cfd3-49d7-8c93-75ea3f08435a")).toBe("8b76cd9b");
  expect(shownName("frame-8b76cd9b")).toBe("frame-8b76cd9b");
});
