import { expect, test } from "vitest";
import { Refusal, refusalOf } from "./refusal.ts";

test("the platform's own sentence says what to do, and its code tells programs", () => {
  const body = {
    error: { code: "over_limit", message: "Lower the price, or raise the limit.", details: { limit: 5 } },
  };
  const refusal = refusalOf(409, body);
  expect(refusal).toMatchObject({
    message: body.error.message,
    code: "over_limit",
    status: 409,
    details: { limit: 5 },
  });
  expect(refusal.isPassing).toBe(false);
});

test("who is signed out is told so in a page's words, not in a program's", () => {
  const refusal = refusalOf(401, {
    error: { code: "unknown_token", message: "Send 'Authorization: Bearer …'", details: {} },
  });
  expect(refusal.isSignedOut).toBe(true);
  expect(refusal.message).toContain("Sign in");
});

test("a signature that proves nothing ends no session", () => {
  const refusal = refusalOf(401, {
    error: { code: "wallet_refused", message: "Sign the message again.", details: {} },
  });
  expect(refusal.isSignedOut).toBe(false);
  expect(refusal.message).toBe("Sign the message again.");
});

test("an answer that is not the platform's is told by its status", () => {
  for (const body of [undefined, "<html>", {}, { error: null }]) {
    expect(refusalOf(502, body)).toMatchObject({ code: "unexplained", isPassing: true });
  }
});

test("no answer at all may pass", () => {
  const cause = new TypeError("Failed to fetch");
  const refusal = Refusal.unreachable(cause);
  expect(refusal.isPassing).toBe(true);
  expect(refusal.cause).toBe(cause);
});
