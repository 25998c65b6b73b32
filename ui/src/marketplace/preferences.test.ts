import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptPreferences, COLUMNS } from "./preferences.ts";

test("what was chosen is kept, and a column that is new since then comes last", () => {
  const kept = acceptPreferences(
    {
      view: "cards",
      columns: [
        { id: "price", visible: false },
        { id: "gone", visible: true },
      ],
      pageSize: 50,
    },
    false,
  );
  expect(kept.view).toBe("cards");
  expect(kept.pageSize).toBe(50);
  expect(kept.columns[0]).toEqual({ id: "price", visible: false });
  expect(kept.columns).toHaveLength(COLUMNS.length);
});

test("a narrow screen begins with cards", () => {
  expect(acceptPreferences(null, true).view).toBe("cards");
  expect(acceptPreferences(null, false).view).toBe("table");
});

test("whatever was stored, every column is there once", () => {
  fc.assert(
    fc.property(fc.anything(), (stored) => {
      const ids = acceptPreferences(stored, false).columns.map((column) => column.id);
      expect([...ids].sort()).toEqual([...COLUMNS].sort());
    }),
  );
});
