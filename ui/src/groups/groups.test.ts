import { expect, test } from "vitest";
import { doneOf, pageOf, readBounds, shownData, shownName } from "./groups.ts";

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

test("there is a next page where one more was found than is shown", () => {
  expect(pageOf([1, 2], 2)).toEqual({ shown: [1, 2], hasNext: false });
  expect(pageOf([1, 2, 3], 2)).toEqual({ shown: [1, 2], hasNext: true });
  expect(pageOf([], 2)).toEqual({ shown: [], hasNext: false });
});

test("what an item holds is told on one line", () => {
  expect([shownData("text"), shownData({ seed: 1 }), shownData(null)]).toEqual(["text", '{"seed":1}', "null"]);
});

test("a name that the platform made up is shown by its beginning, another whole", () => {
  expect(shownName("8b76cd9b-cfd3-49d7-8c93-75ea3f08435a")).toBe("8b76cd9b");
  expect(shownName("frame-8b76cd9b")).toBe("frame-8b76cd9b");
});
