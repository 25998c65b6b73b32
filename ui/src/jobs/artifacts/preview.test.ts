import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { previewKind, readable, readSeparated, sheetOf } from "./preview.ts";

describe("what an artifact is shown as", () => {
  test("is told by its name and size", () => {
    expect(previewKind({ path: "out/Plot.PNG", size: 10 })).toBe("image");
    expect(previewKind({ path: "metrics.csv", size: 10 })).toBe("table");
    expect(previewKind({ path: "notes.md", size: 10 })).toBe("text");
    expect(previewKind({ path: "model.pt", size: 10 })).toBeNull();
    expect(previewKind({ path: "huge.txt", size: 6 << 20 })).toBeNull();
    expect(previewKind({ path: "a.png/README", size: 1 })).toBeNull();
  });
});

test("values in quotes keep separators, quotes and line breaks", () => {
  expect(readSeparated('a,"b,c"\r\n"say ""hi""","two\nlines"\n', ",", 10)).toEqual([
    ["a", "b,c"],
    ['say "hi"', "two\nlines"],
  ]);
});

test("what was written is read, whatever the values", () => {
  const row = fc.array(fc.string(), { minLength: 2, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
      const written = rows
        .map((values) => values.map((value) => `"${value.replaceAll('"', '""')}"`).join(","))
        .join("\n");
      expect(readSeparated(written, ",", 100)).toEqual(rows);
    }),
  );
});

test("a long table is cut, and says so", () => {
  const text = `n\tm\n${Array.from({ length: 300 }, (_, n) => `${n}\t0`).join("\n")}`;
  const sheet = sheetOf("a.tsv", text);
  expect([sheet.head, sheet.rows.length, sheet.isCut]).toEqual([["n", "m"], 200, true]);
});

test("JSON is laid out, and shown as it is where it is none", () => {
  expect(readable("a.json", '{"a":1}').text).toBe('{\n  "a": 1\n}');
  expect(readable("a.json", "{a}").text).toBe("{a}");
});
