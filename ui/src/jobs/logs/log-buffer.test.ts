import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { append, asText, EMPTY_LOG, found, plain, visible, type LogEntry } from "./log-buffer.ts";

const piece = (seq: number, text: string, stream: LogEntry["stream"] = "stdout"): LogEntry => ({
  seq,
  text,
  stream,
  attempt: 1,
  rank: 0,
  at: "2026-11-22T12:00:00Z",
});

const texts = (entries: readonly LogEntry[]) => append(EMPTY_LOG, entries).lines.map((line) => line.text);

describe("output in pieces", () => {
  test("is put together to lines, wherever the pieces end", () => {
    expect(texts([piece(0, "one\ntw"), piece(1, "o\n"), piece(2, "three")])).toEqual(["one", "two", "three"]);
  });

  test("of two streams is kept apart", () => {
    expect(texts([piece(0, "out"), piece(1, "err\n", "stderr"), piece(2, "put\n")])).toEqual(["output", "err"]);
  });

  test("keeps empty lines", () => {
    expect(texts([piece(0, "a\n\nb\n")])).toEqual(["a", "", "b"]);
  });

  test("gives the same lines however it is cut, and however often it is handed over", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-c ]{0,6}$/), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 80 }), { maxLength: 6 }),
        fc.boolean(),
        (lines, cuts, twice) => {
          const whole = lines.map((line) => `${line}\n`).join("");
          const places = [0, ...cuts.map((cut) => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length];
          const pieces = places.slice(1).map((end, index) => piece(index, whole.slice(places[index], end)));
          let buffer = EMPTY_LOG;
          for (const one of pieces) {
            buffer = append(buffer, [one]);
            if (twice) buffer = append(buffer, pieces.slice(0, one.seq + 1));
          }
          expect(buffer.lines.map((line) => line.text)).toEqual(lines);
          expect(buffer.lines.map((line) => line.number)).toEqual(lines.map((_, index) => index + 1));
          expect(asText(buffer.lines)).toBe(whole);
        },
      ),
    );
  });

  test("is the same buffer where nothing is new", () => {
    const buffer = append(EMPTY_LOG, [piece(3, "a\n")]);
    expect(append(buffer, [piece(2, "b\n"), piece(3, "a\n")])).toBe(buffer);
  });
});

test("a progress bar shows its last state", () => {
  expect(visible("10 %\r50 %\r100 %")).toBe("100 %");
  expect(visible("windows\r")).toBe("windows");
});

test("colours are neither searched nor downloaded", () => {
  expect(plain("\u001b[31mred\u001b[0m and \u001b[1;32mgreen\u001b[m")).toBe("red and green");
  const buffer = append(EMPTY_LOG, [piece(0, "\u001b[31mEpo\u001b[0mch 1\nloss\nepoch 2\n")]);
  expect(found(buffer.lines, "EPOCH")).toEqual([0, 2]);
  expect(found(buffer.lines, " ")).toEqual([]);
});
