import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Wire } from "../../api/client.ts";

type Export = Wire["ReceiptExport"];
type Transaction = Wire["LedgerTransaction"];
type Root = Wire["LedgerRoot"];

/** What speaks against a receipt. `named` are figures, transactions and roots, for the sentence. */
export interface Problem {
  kind: "notZero" | "noRoot" | "altered" | "transactions" | "otherJob" | "figure" | "cost" | "legs" | "divided";
  named: string;
}

/** Which leg of a settlement is which figure of the receipt. */
const SHARES = [
  ["EARNING", "providerAmount"],
  ["FEE", "fee"],
  ["REFUND", "refund"],
] as const;

/**
 * What is wrong with a receipt: its figures held against its transactions, and these against the roots of the books
 * that they were sealed under, here in the browser. Empty where it holds.
 *
 * The bytes and trees are those of `qubix.receipts`; whether a root's Qubic transaction is genuine is told there.
 */
export function problemsOf({ receipt, transactions, roots }: Export): Problem[] {
  const proven = transactions.flatMap(({ transaction, position, root, path }) =>
    againstRoot(
      transaction,
      { position, path },
      roots.find((one) => one.number === root),
    ),
  );
  return [
    ...proven,
    ...againstFigures(
      receipt,
      transactions.map(({ transaction }) => transaction),
    ),
  ];
}

function againstRoot(
  transaction: Transaction,
  { position, path }: { position: number; path: readonly string[] },
  root: Root | undefined,
): Problem[] {
  const named = `${transaction.id} (${transaction.kind})`;
  const problems: Problem[] = sum(transaction.entries) === 0n ? [] : [{ kind: "notZero", named }];
  if (root === undefined) return [...problems, { kind: "noRoot", named }];
  const reached = rootByPath(leafHash(canonical(transaction)), {
    index: position - root.firstPosition,
    size: root.lastPosition - root.firstPosition + 1,
    path: path.map(hexToBytes),
  });
  if (reached === null || bytesToHex(reached) !== root.root) problems.push({ kind: "altered", named });
  return problems;
}

function againstFigures(receipt: Export["receipt"], transactions: readonly Transaction[]): Problem[] {
  const problems: Problem[] = [];
  const told = (ids: readonly number[]) => ids.toSorted((one, other) => one - other).join();
  const ids = transactions.map(({ id }) => id);
  // One that is told twice would count twice, true as it is.
  if (told(receipt.ledgerTransactions) !== told(ids) || new Set(ids).size !== ids.length) {
    problems.push({ kind: "transactions", named: receipt.jobId });
  }
  for (const { id, ref } of transactions) {
    if (ref !== receipt.jobId) problems.push({ kind: "otherJob", named: String(id) });
  }
  const entries = transactions.flatMap((one) => one.entries);
  for (const [cause, figure] of SHARES) {
    const moved = sum(entries.filter((entry) => entry.cause === cause && entry.amount > 0));
    if (moved !== BigInt(receipt[figure])) problems.push({ kind: "figure", named: figure });
    const legs = sum(receipt.legs.filter((leg) => leg.type === cause));
    if (legs !== BigInt(receipt[figure])) problems.push({ kind: "legs", named: figure });
  }
  const pending = sum(entries.filter((entry) => entry.accountKind === "pending"));
  if (BigInt(receipt.cost) !== BigInt(receipt.providerAmount + receipt.fee) + pending) {
    problems.push({ kind: "cost", named: "cost" });
  }
  const divided = receipt.providerAmount + receipt.fee + receipt.refund;
  if (receipt.settled && receipt.hold !== divided) problems.push({ kind: "divided", named: "hold" });
  return problems;
}

const sum = (moved: readonly { amount: number }[]) => moved.reduce((all, { amount }) => all + BigInt(amount), 0n);

/** The transaction as bytes: a JSON array of the version and the fields in order, ASCII, without any space. */
export function canonical(transaction: Transaction): Uint8Array {
  const { id, xid, key, fingerprint, kind, ref, createdAt } = transaction;
  const entries = transaction.entries.map((one) => [
    one.id,
    one.accountKind,
    one.owner,
    one.amount,
    one.balanceAfter,
    one.cause,
  ]);
  const text = JSON.stringify(["qubix-ledger-1", id, xid, key, fingerprint, kind, ref, createdAt, entries]);
  return utf8ToBytes(text.replace(/[\u007f-\uffff]/g, escaped));
}

const escaped = (sign: string) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;

const leafHash = (content: Uint8Array) => sha256(concatBytes(new Uint8Array([0]), content));
const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(concatBytes(new Uint8Array([1]), left, right));

/** The root that a path leads to (RFC 6962); null where no tree of that size has such a path. */
export function rootByPath(
  leaf: Uint8Array,
  place: { index: number; size: number; path: readonly Uint8Array[] },
): Uint8Array | null {
  let { index, size } = place;
  if (index < 0 || index >= size) return null;
  const rest = [...place.path];
  let reached = leaf;
  for (; size > 1; index = Math.floor(index / 2), size = Math.floor((size + 1) / 2)) {
    const isRight = index % 2 === 1;
    if (!isRight && index + 1 >= size) continue; // the last one of an odd number goes up as it is
    const neighbour = rest.shift();
    if (neighbour === undefined) return null;
    reached = isRight ? nodeHash(neighbour, reached) : nodeHash(reached, neighbour);
  }
  return rest.length === 0 ? reached : null;
}
