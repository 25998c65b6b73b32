import { expect, test } from "vitest";
import { firstAddress, signatureOf } from "./walletconnect.ts";

test("the first of a wallet's accounts signs in", () => {
  expect(firstAddress([{ address: "ONE", name: "main" }, { address: "TWO" }])).toBe("ONE");
});

test("a wallet that shows no account, or signs nothing, is told what to do", () => {
  for (const nothing of [undefined, [], [{}], "ONE"]) expect(() => firstAddress(nothing)).toThrow("Choose one");
  for (const nothing of [undefined, {}, { signature: 7 }]) expect(() => signatureOf(nothing)).toThrow("confirm it");
});
