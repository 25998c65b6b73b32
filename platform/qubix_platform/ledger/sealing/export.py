"""Roots and receipts as models of the wire."""

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.books import LedgerEntry, LedgerRoot, LedgerTransaction, ProvenTransaction, ReceiptExport, RootAnchor
from qubix.schemas.receipts import Receipt
from qubix_platform.ledger.sealing import repository
from qubix_platform.ledger.sealing.model import Root
from qubix_platform.ledger.sealing.proofs import Proven, prove


async def list_roots(session: AsyncSession, *, limit: int, offset: int) -> tuple[list[LedgerRoot], int]:
    """Roots of the books, newest first, and how many there are."""
    roots, total = await repository.roots(session, limit=limit, offset=offset)
    return [_root(root) for root in roots], total


async def export_receipt(session: AsyncSession, receipt: Receipt) -> ReceiptExport:
    """A receipt with the proof of each of its transactions.

    Raises:
        NotSealedYet: a root does not cover all of them yet.
    """
    proofs, roots = await prove(session, receipt.ledger_transactions)
    return ReceiptExport(
        receipt=receipt, transactions=[_proven(proof) for proof in proofs], roots=[_root(root) for root in roots]
    )


def _root(root: Root) -> LedgerRoot:
    said = root.statement
    anchor = None
    if root.anchor is not None:
        anchor = RootAnchor(transaction_id=root.anchor.hash, tick=root.anchor.tick, raw=root.anchor.raw.hex())
    return LedgerRoot(
        number=said.number,
        day=said.day,
        first_position=said.first,
        last_position=said.last,
        root=said.root.hex(),
        chain=said.chain.hex(),
        payload=said.payload().hex(),
        closed_at=root.closed_at,
        anchor=anchor,
    )


def _proven(proof: Proven) -> ProvenTransaction:
    entries = [LedgerEntry.model_validate(entry._asdict()) for entry in proof.transaction.entries]
    transaction = LedgerTransaction.model_validate(proof.transaction._asdict() | {"entries": entries})
    return ProvenTransaction(
        transaction=transaction, position=proof.position, root=proof.root, path=[each.hex() for each in proof.path]
    )
