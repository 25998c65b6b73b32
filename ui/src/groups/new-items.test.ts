import fc from "fast-check";
import { expect, test } from "vitest";
import { MOST_ITEMS, readItems } from "./new-items.ts";

const dataOf = (text: string) => readItems(text).items?.map(({ data }) => data);
const flawOf = (text: string) => readItems(text).flaw;

test("each line is an item: JSON, or its text", () => {
  expect(dataOf('{"seed": 1}\n\n plain text \n3\nnull')).toEqual([{ seed: 1 }, "plain text", 3, null]);
  expect(dataOf("[draft] paint the fence\n{seed: 1}")).toEqual(["[draft] paint the fence", "{seed: 1}"]);
  expect(flawOf(" \n ")).toEqual({ kind: "count" });
  expect(dataOf("1\n".repeat(MOST_ITEMS))).toHaveLength(MOST_ITEMS);
  expect(flawOf("1\n".repeat(MOST_ITEMS + 1))).toEqual({ kind: "count" });
});

test("JSON goes on over its lines, brackets in its strings notwithstanding", () => {
  expect(dataOf('{\n  "name": "a } b",\n\n  "of": [\n    1,\n    2\n  ]\n}\nnext')).toEqual([
    { name: "a } b", of: [1, 2] },
    "next",
  ]);
});

test("JSON that does not end, or is none for all its lines, is told with the line where it begins", () => {
  expect(flawOf('1\n{\n  "seed": 1\n')).toEqual({ kind: "unclosed", line: 2 });
  expect(flawOf('{\n  "seed": 1,\n}')).toEqual({ kind: "invalid", line: 1 });
});

test("a number that would be rounded is told, one in a string or in text is not", () => {
  expect(flawOf('{"seed": 9007199254740993}')).toEqual({ kind: "inexact", line: 1 });
  expect(flawOf("1\n-9007199254740992")).toEqual({ kind: "inexact", line: 2 });
  expect(flawOf("1e400")).toEqual({ kind: "inexact", line: 1 });
  const fine = ["9007199254740991", '"9007199254740993"', "frame 9007199254740993", "0.1", "1e21"];
  expect(dataOf(fine.join("\n"))).toEqual([9007199254740991, "9007199254740993", "frame 9007199254740993", 0.1, 1e21]);
});

const isExact = (value: unknown) => !/\d{16,}/.test(JSON.stringify(value));
const written = fc.tuple(fc.jsonValue().filter(isExact), fc.constantFrom(0, 2));

test("what was written as JSON, on one line or over several, is read as it was", () => {
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 20 }), (values) => {
      const text = values.map(([value, indent]) => JSON.stringify(value, null, indent)).join("\n");
      expect(dataOf(text)?.map((data) => JSON.stringify(data))).toEqual(values.map(([value]) => JSON.stringify(value)));
    }),
  );
});

test("every line of text without brackets or numbers is an item", () => {
  const line = fc.stringMatching(/^[a-z "'\\,:]*[a-z]$/);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
      expect(dataOf(lines.join("\n"))).toHaveLength(lines.length);
    }),
  );
});
