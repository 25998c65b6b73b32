"""A receipt carries the Qubic transaction of its root: nothing else, and nobody else's, is taken for it."""

import json
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qubix.cli.command import run
from qubix.qubic import keys
from qubix.qubic.transaction import Transaction
from qubix.receipts import merkle
from qubix.receipts.anchor import RootStatement
from qubix.receipts.canonical import LedgerEntry, LedgerTransaction, canonical
from qubix.receipts.check import FORMAT, check
from qubix.schemas import books

PLATFORM, STRANGER = keys.derive("p" * 55), keys.derive("s" * 55)
SETTLEMENT = LedgerTransaction(
    4,
    700,
    "settle:j",
    "ab" * 32,
    "ESCROW_RELEASE",
    "j",
    1,
    (
        LedgerEntry(7, "escrow", "j", -100, 0, "SETTLEMENT"),
        LedgerEntry(8, "wallet", "p", 95, 95, "EARNING"),
        LedgerEntry(9, "fees", "platform", 5, None, "FEE"),
    ),
)
LEAF = merkle.leaf_hash(canonical(SETTLEMENT))
STATEMENT = RootStatement(3, date(2026, 11, 22), 9, 9, LEAF, merkle.link(merkle.EMPTY_CHAIN, LEAF))
CARRIER = Transaction(
    source=PLATFORM.public_key, destination=STRANGER.public_key, amount=1, tick=77, payload=STATEMENT.payload()
).signed(subseed=PLATFORM.subseed)


def receipt(carrier: Transaction | None = CARRIER) -> dict[str, Any]:
    entries = [books.LedgerEntry.model_validate(entry._asdict()) for entry in SETTLEMENT.entries]
    sealed = books.LedgerTransaction.model_validate(SETTLEMENT._asdict() | {"entries": entries})
    anchor = None
    if carrier is not None:
        anchor = {"transactionId": carrier.id(), "tick": carrier.tick, "raw": carrier.encode().hex()}
    return {
        "format": FORMAT,
        "receipt": {
            "jobId": "j",
            "ledgerTransactions": [4],
            "hold": 100,
            "cost": 100,
            "providerAmount": 95,
            "fee": 5,
            "refund": 0,
            "settled": True,
            "legs": [{"type": "EARNING", "amount": 95}, {"type": "FEE", "amount": 5}],
            "stretches": [{"amount": 100}],
        },
        "transactions": [{"transaction": sealed.wire(), "position": 9, "root": 3, "path": []}],
        "roots": [
            {
                "number": 3,
                "day": "2026-11-22",
                "firstPosition": 9,
                "lastPosition": 9,
                "root": STATEMENT.root.hex(),
                "chain": STATEMENT.chain.hex(),
                "anchor": anchor,
            }
        ],
    }


def test_a_root_is_what_the_platform_signed_onto_the_chain() -> None:
    finding = check(json.dumps(receipt()), published=[STATEMENT.root.hex()], signer=PLATFORM.identity)
    assert finding.problems == ()
    assert finding.anchors == {3: (CARRIER.id(), 77, PLATFORM.identity)}


def resigned(**changes: Any) -> Transaction:
    return replace(CARRIER, signature=b"", **changes).signed(subseed=PLATFORM.subseed)


def spoiled(**anchor: Any) -> dict[str, Any]:
    told = receipt()
    told["roots"][0]["anchor"] |= anchor
    return told


@pytest.mark.parametrize(
    ("told", "obstacle"),
    [
        (receipt(replace(CARRIER, source=STRANGER.public_key)), "is not signed by"),
        (receipt(replace(CARRIER, amount=2)), "is not signed by"),
        (receipt(resigned(payload=STATEMENT._replace(last=10).payload())), "does not carry it"),
        (receipt(resigned(payload=STATEMENT._replace(chain=bytes(32)).payload())), "does not carry it"),
        (receipt(resigned(payload=b"")), "does not carry it"),
        (spoiled(tick=78), "not what it names"),
        (spoiled(transactionId="q" * 60), "not what it names"),
        (spoiled(raw="00" * 100), "is none"),
        (spoiled(raw="xyz"), "no receipt that can be checked"),
        (spoiled(raw=None), "no receipt that can be checked"),
    ],
)
def test_what_is_no_anchor_of_the_root_is_named(told: dict[str, Any], obstacle: str) -> None:
    (problem,) = check(json.dumps(told)).problems
    assert obstacle in problem


@pytest.mark.parametrize(
    ("told", "obstacle"), [(receipt(), "was signed by"), (receipt(None), "no Qubic transaction carries it yet")]
)
def test_another_signer_than_the_one_that_is_trusted_is_refused(told: dict[str, Any], obstacle: str) -> None:
    (problem,) = check(json.dumps(told), signer=STRANGER.identity).problems
    assert obstacle in problem


def test_a_root_that_is_on_no_chain_yet_is_proven_by_itself() -> None:
    finding = check(json.dumps(receipt(None)))
    assert (finding.problems, finding.anchors) == ((), {})


def test_an_anchor_that_cannot_be_checked_is_not_taken_for_genuine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qubix.qubic.transaction", None)
    (problem,) = check(json.dumps(receipt())).problems
    assert "needs the extra qubix[chain]" in problem


def test_the_command_tells_who_signed_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "receipt.json"

    def verify(told: dict[str, Any], *options: str) -> tuple[int, str, str]:
        file.write_text(json.dumps(told))
        code = run(["receipt", "verify", str(file), *options])
        return code, *capsys.readouterr()

    code, stdout, stderr = verify(receipt())
    assert code == 0
    assert PLATFORM.identity in stdout
    assert "--signer" in stderr
    assert verify(receipt(), "--signer", PLATFORM.identity)[2] == ""
    assert verify(receipt(), "--signer", STRANGER.identity)[0] == 1
    assert "on no chain yet" in verify(receipt(None))[2]
    told = json.loads(verify(receipt(), "--json")[1])
    assert told["anchors"] == {"3": {"transactionId": CARRIER.id(), "tick": 77, "signer": PLATFORM.identity}}
