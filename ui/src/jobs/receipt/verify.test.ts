import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import type { Wire } from "../../api/client.ts";
import { canonical, problemsOf } from "./verify.ts";
import sealed from "./receipt.sample.json" with { type: "json" };

const receipt = sealed as unknown as Wire["ReceiptExport"];
const changed = (change: (copy: Wire["ReceiptExport"]) => void) => {
  const copy = structuredClone(receipt);
  change(copy);
  return problemsOf(copy).map((problem) => problem.kind);
};

describe("a receipt that the platform sealed", () => {
  test("holds", () => {
    expect(problemsOf(receipt)).toEqual([]);
  });

  test("does not hold with another cost", () => {
    expect(changed((copy) => (copy.receipt.providerAmount += 1))).toEqual(["figure", "legs", "cost", "divided"]);
  });

  test("does not hold with another entry in the books", () => {
    const kinds = changed((copy) => {
      const [one, other] = copy.transactions[0]?.transaction.entries ?? [];
      if (one && other) [one.amount, other.amount] = [one.amount + 1, other.amount - 1];
    });
    expect(kinds).toContain("altered");
  });

  test("does not hold where a transaction counts twice", () => {
    const kinds = changed((copy) => {
      copy.transactions = copy.transactions.flatMap((one) => [one, one]);
      copy.receipt.ledgerTransactions = copy.transactions.map(({ transaction }) => transaction.id);
      for (const figure of ["hold", "cost", "providerAmount", "fee", "refund"] as const) copy.receipt[figure] *= 2;
      for (const leg of copy.receipt.legs) leg.amount *= 2;
    });
    expect(kinds).toEqual(["transactions"]);
  });

  test("does not hold without its root", () => {
    expect(changed((copy) => (copy.roots = []))).toEqual(receipt.transactions.map(() => "noRoot"));
  });
});

test("a transaction's bytes are ASCII, as Python writes them", () => {
  const transaction = {
    id: 1,
    xid: 2,
    key: 'a"é\u007f😀',
    fingerprint: "f",
    kind: "K",
    ref: "r",
    createdAt: 3,
    entries: [],
  };
  const text = new TextDecoder().decode(canonical(transaction));
  expect(text).toBe(String.raw`["qubix-ledger-1",1,2,"a\"\u00e9\u007f\ud83d\ude00","f","K","r",3,[]]`);
  expect(bytesToHex(canonical(transaction))).toHaveLength(text.length * 2);
});
