"""The bytes that everything rests on: JSON without spaces, and not two ways to write the same."""

import json
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qubix.receipts.anchor import SIZE, RootStatement
from qubix.receipts.canonical import VERSION, LedgerEntry, LedgerTransaction, canonical, from_json
from qubix.schemas import books

whole = st.integers(-(2**63), 2**63 - 1)
entries = st.builds(LedgerEntry, whole, st.text(), st.text(), whole, st.none() | whole, st.text())
transactions = st.builds(
    LedgerTransaction,
    whole,
    whole,
    st.text(),
    st.text(),
    st.text(),
    st.text(),
    whole,
    st.lists(entries, max_size=4).map(tuple),
)


@given(transaction=transactions)
def test_the_bytes_are_json_of_the_version_and_the_fields_in_order(transaction: LedgerTransaction) -> None:
    expected = json.dumps([VERSION, *transaction], separators=(",", ":"), ensure_ascii=True)
    assert canonical(transaction).decode("ascii") == expected


@given(transaction=transactions)
def test_what_the_wire_carries_has_the_same_bytes(transaction: LedgerTransaction) -> None:
    carried = [books.LedgerEntry.model_validate(entry._asdict()) for entry in transaction.entries]
    wire = books.LedgerTransaction.model_validate(transaction._asdict() | {"entries": carried}).wire()
    assert canonical(from_json(json.loads(json.dumps(wire)))) == canonical(transaction)


def test_the_bytes_of_one_transaction_never_change() -> None:
    entry = LedgerEntry(7, "wallet", "ü", -5, None, "FEE")
    transaction = LedgerTransaction(1, 2, "hold:x", "ab", "PAYMENT", "r", 3, (entry,))
    written = b'["qubix-ledger-1",1,2,"hold:x","ab","PAYMENT","r",3,[[7,"wallet","\\u00fc",-5,null,"FEE"]]]'
    assert canonical(transaction) == written


@given(
    number=st.integers(0, 2**32 - 1),
    days=st.integers(0, 60_000),
    first=st.integers(0, 2**64 - 1),
    last=st.integers(0, 2**64 - 1),
    root=st.binary(min_size=32, max_size=32),
    chain=st.binary(min_size=32, max_size=32),
)
def test_a_statement_survives_its_payload(
    number: int, days: int, first: int, last: int, root: bytes, chain: bytes
) -> None:
    statement = RootStatement(number, date(1970, 1, 1) + timedelta(days=days), first, last, root, chain)
    assert len(statement.payload()) == SIZE
    assert RootStatement.parse(statement.payload()) == statement


@given(other=st.binary(max_size=200))
def test_other_payloads_are_no_statements(other: bytes) -> None:
    assert RootStatement.parse(other) is None
