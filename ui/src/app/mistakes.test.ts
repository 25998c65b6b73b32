import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { tellOfMistakes } from "./mistakes.ts";

const told: Blob[] = [];

beforeAll(() => {
  const sendBeacon = vi.fn((_address: string, body: Blob) => told.push(body) > 0);
  Object.defineProperty(navigator, "sendBeacon", { value: sendBeacon });
  tellOfMistakes();
});

beforeEach(() => told.splice(0));

/** A promise that nobody caught, as browsers tell of it. */
const rejection = (reason: unknown) => Object.assign(new Event("unhandledrejection"), { reason });

async function toldAfter(event: Event): Promise<unknown[]> {
  dispatchEvent(event);
  return Promise.all(told.map(async (body) => JSON.parse(await body.text()) as unknown));
}

test("what nobody caught is told with its place", async () => {
  const error = new TypeError("x is undefined");
  const mistake = { message: "Uncaught TypeError: x is undefined", page: "/", stack: error.stack };
  expect(await toldAfter(new ErrorEvent("error", { message: mistake.message, error }))).toEqual([mistake]);
});

test("so is a promise that nobody caught, whatever it was rejected with", async () => {
  const error = new RangeError("too far");
  const [first] = await toldAfter(rejection(error));
  expect(first).toEqual({ message: "RangeError: too far", page: "/", stack: error.stack });
  expect((await toldAfter(rejection("no"))).at(-1)).toEqual({ message: "no", page: "/", stack: "" });
  expect((await toldAfter(rejection(""))).at(-1)).toMatchObject({ message: "without a message" });
});

test("a notice of the browser's about what it draws next is not told", async () => {
  for (const ending of ["completed with undelivered notifications.", "limit exceeded"]) {
    expect(await toldAfter(new ErrorEvent("error", { message: `ResizeObserver loop ${ending}` }))).toEqual([]);
  }
});
