"""Checking a receipt that was exported, with nothing but the file and what the reader trusts: roots, or a signer."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from qubix.receipts.anchor import RootStatement
from qubix.receipts.anchored import Anchor, examine
from qubix.receipts.canonical import LedgerTransaction, canonical, from_json
from qubix.receipts.merkle import leaf_hash, root_by_path

FORMAT: Final = "qubix-receipt-1"

_PENDING: Final = "pending"
_SHARES: Final = {"EARNING": "providerAmount", "FEE": "fee", "REFUND": "refund"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found. The receipt holds where there are no `problems`.

    Attributes:
        job_id: what the receipt is for; None where the file is no receipt.
        transactions: how many transactions of the ledger were proven.
        roots: the roots that they lead to, hexadecimal, with the number of each.
        anchors: the Qubic transactions that carry those roots, as their signatures prove, by the number of the root.
        is_published: whether each of those roots is among the published ones; None where none were given.
        problems: a sentence each.
    """

    job_id: str | None
    transactions: int
    roots: Mapping[int, str]
    anchors: Mapping[int, Anchor]
    is_published: bool | None
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against the receipt."""
        return not self.problems


def check(text: str, *, published: Collection[str] | None = None, signer: str | None = None) -> Finding:
    """Check a receipt's file: that its figures are its transactions', and that these are in the published books.

    A Qubic transaction that the file carries is checked too: its id, its signature, and that its payload is the root.

    Args:
        text: the file's content.
        published: roots in hexadecimal, from wherever the reader trusts; None to check the file by itself.
        signer: the identity that must have signed the transactions that carry the roots; None for any.
    """
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            return _unreadable(f"its format is {document['format']!r}, and this version reads {FORMAT!r}")
        return _check(document, published, signer)
    except RecursionError:
        return _unreadable("it is nested deeper than any receipt")
    except json.JSONDecodeError as error:
        return _unreadable(f"it is no JSON ({error})")
    except KeyError as error:
        return _unreadable(f"it does not say {error}")
    except (TypeError, ValueError, AttributeError) as error:
        return _unreadable(f"a value in it is not what it has to be ({error})")


def _check(document: Mapping[str, Any], published: Collection[str] | None, signer: str | None) -> Finding:
    receipt = document["receipt"]
    roots = {each["number"]: each for each in document["roots"]}
    transactions = [from_json(each["transaction"]) for each in document["transactions"]]
    problems = [
        problem
        for transaction, proven in zip(transactions, document["transactions"], strict=True)
        for problem in _against_root(transaction, proven, roots)
    ]
    problems += _against_figures(receipt, transactions)
    anchors, flaws = _anchors(roots, signer)
    problems += flaws
    is_published = None
    if published is not None:
        known = {each.lower() for each in published}
        unknown = [number for number, each in roots.items() if each["root"].lower() not in known]
        is_published = not unknown
        problems += [f"root {number}, {roots[number]['root']}, was never published" for number in unknown]
    return Finding(
        job_id=str(receipt["jobId"]),
        transactions=len(transactions),
        roots={number: str(each["root"]) for number, each in roots.items()},
        anchors=anchors,
        is_published=is_published,
        problems=tuple(problems),
    )


def _against_root(
    transaction: LedgerTransaction, proven: Mapping[str, Any], roots: Mapping[int, Mapping[str, Any]]
) -> list[str]:
    named = f"transaction {transaction.id} ({transaction.kind})"
    problems = []
    if sum(entry.amount for entry in transaction.entries) != 0:
        problems.append(f"{named} does not sum to zero")
    root = roots.get(proven["root"])
    if root is None:
        return [*problems, f"{named} leads to root {proven['root']}, which the file does not carry"]
    reached = root_by_path(
        leaf_hash(canonical(transaction)),
        index=proven["position"] - root["firstPosition"],
        size=root["lastPosition"] - root["firstPosition"] + 1,
        path=[bytes.fromhex(each) for each in proven["path"]],
    )
    if reached is None or reached != bytes.fromhex(root["root"]):
        problems.append(f"{named} is not what was sealed at position {proven['position']}: it was altered")
    return problems


def _anchors(roots: Mapping[int, Mapping[str, Any]], signer: str | None) -> tuple[dict[int, Anchor], list[str]]:
    anchors, problems = {}, []
    for number, root in roots.items():
        if root["anchor"] is None:
            anchor, flaw = None, "no Qubic transaction carries it yet" if signer is not None else None
        else:
            anchor, flaw = examine(_statement(root), root["anchor"])
        if anchor is not None:
            anchors[number] = anchor
            if signer not in {None, anchor.signer}:
                flaw = f"its Qubic transaction {anchor.transaction_id} was signed by {anchor.signer}, not by {signer}"
        if flaw is not None:
            problems.append(f"root {number}: {flaw}")
    return anchors, problems


def _statement(root: Mapping[str, Any]) -> RootStatement:
    return RootStatement(
        number=root["number"],
        day=date.fromisoformat(root["day"]),
        first=root["firstPosition"],
        last=root["lastPosition"],
        root=bytes.fromhex(root["root"]),
        chain=bytes.fromhex(root["chain"]),
    )


def _against_figures(receipt: Mapping[str, Any], transactions: list[LedgerTransaction]) -> list[str]:
    problems = []
    named = sorted(each.id for each in transactions)
    if sorted(receipt["ledgerTransactions"]) != named:
        problems.append("the receipt names other transactions than the file proves")
    # Each would count again, true as it is.
    problems += [
        f"transaction {number} is told more than once" for number in sorted({*named}) if named.count(number) > 1
    ]
    problems += [
        f"transaction {each.id} is about {each.ref}, not {receipt['jobId']}"
        for each in transactions
        if each.ref != receipt["jobId"]
    ]
    entries = [entry for each in transactions for entry in each.entries]
    for cause, figure in _SHARES.items():
        moved = sum(entry.amount for entry in entries if entry.cause == cause and entry.amount > 0)
        if receipt[figure] != moved:
            problems.append(f"{figure} is {receipt[figure]} QU, and the books say {moved} QU")
    pending = sum(entry.amount for entry in entries if entry.account_kind == _PENDING)
    if receipt.get("pending", 0) != pending:
        problems.append(f"pending is {receipt.get('pending', 0)} QU, and the books say {pending} QU")
    if receipt["cost"] != receipt["providerAmount"] + receipt["fee"] + pending:
        problems.append(f"cost is {receipt['cost']} QU, and provider and platform got another sum")
    for cause, figure in _SHARES.items():
        told = sum(leg["amount"] for leg in receipt["legs"] if leg["type"] == cause)
        if told != receipt[figure]:
            problems.append(f"the legs of {cause} sum to {told} QU, and {figure} is {receipt[figure]} QU")
    if type(receipt["settled"]) is not bool:
        return [*problems, f"settled is {receipt['settled']!r}, neither true nor false"]
    if not receipt["settled"]:
        return problems
    shares = [receipt[figure] for figure in _SHARES.values()]
    if receipt["hold"] != sum(shares):
        problems.append(f"{receipt['hold']} QU were held, and {sum(shares)} QU were divided")
    stretches = sum(stretch["amount"] for stretch in receipt["stretches"])
    if stretches != receipt["cost"]:
        problems.append(f"the stretches of time sum to {stretches} QU, and cost is {receipt['cost']} QU")
    return problems


def _unreadable(reason: str) -> Finding:
    problems = (f"this is no receipt that can be checked: {reason}",)
    return Finding(job_id=None, transactions=0, roots={}, anchors={}, is_published=None, problems=problems)
