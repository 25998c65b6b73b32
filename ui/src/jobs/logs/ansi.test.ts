import fc from "fast-check";
import { expect, test } from "vitest";
import { stretchesOf } from "./ansi.ts";
import { plain } from "./log-buffer.ts";

test("colours and weights become classes", () => {
  expect(stretchesOf("\u001b[1;31mbad\u001b[0m good \u001b[42mdone\u001b[0m")).toEqual([
    { text: "bad", classes: "log-fg-red log-bold" },
    { text: " good ", classes: "" },
    { text: "done", classes: "log-bg-green" },
  ]);
});

test("a colour of 256 keeps its text", () => {
  expect(stretchesOf("\u001b[38;5;208morange\u001b[0m")).toEqual([{ text: "orange", classes: "" }]);
});

test("no text is lost, and none of the escapes is shown", () => {
  const word = fc.stringMatching(/^[ -Z\\^-~]{0,12}$/);
  const code = fc.constantFrom("\u001b[0m", "\u001b[31m", "\u001b[1;92m", "\u001b[4m", "\u001b[44m", "\u001b[K");
  fc.assert(
    fc.property(fc.array(fc.oneof(word, code), { maxLength: 12 }), (parts) => {
      const line = parts.join("");
      expect(
        stretchesOf(line)
          .map((part) => part.text)
          .join(""),
      ).toBe(plain(line));
    }),
  );
});
