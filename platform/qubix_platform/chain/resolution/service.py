"""What an operator resolves by hand, with a reason: each is a posting of its own."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import TransactionType
from qubix_platform.chain.errors import TransactionNotFound, TransactionNotResolvable
from qubix_platform.chain.model import Purpose
from qubix_platform.chain.resolution import repository
from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions import service
from qubix_platform.chain.transactions.handlers import HANDLERS
from qubix_platform.chain.transactions.model import Change, Recorded
from qubix_platform.chain.transactions.postings import owed
from qubix_platform.chain.transactions.states import ChainStatus
from qubix_platform.chain.transactions.transition import transition
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting


async def find(session: AsyncSession, transaction_id: UUID) -> Recorded:
    """One transaction.

    Raises:
        TransactionNotFound: there is none like this.
    """
    found = await transactions.find(session, transaction_id)
    if found is None:
        raise TransactionNotFound(
            asked=f"Looking up chain transaction {transaction_id}",
            obstacle="there is none with this id",
            remedy="`qubix admin chain list` shows what is there.",
        )
    return found


async def give_back(session: AsyncSession, transaction_id: UUID, *, reason: str) -> Recorded:
    """End an outgoing transaction that no signature can carry out any more; its money goes back in the books.

    Raises:
        TransactionNotFound: there is none like this.
        TransactionNotResolvable: it has ended, or it may still be executed.
    """
    queued = await _queued(session, transaction_id, asked="Giving back")
    await service.fail(session, queued, reason=f"resolved by an operator: {reason}")
    return await transactions.get(session, transaction_id)


async def adopt(session: AsyncSession, transaction_id: UUID, *, reason: str, pays: UUID | None = None) -> Recorded:
    """Account for a transaction that left an address of ours without an order, such as a payment made by hand.

    Args:
        session: the caller's transaction.
        transaction_id: what was seen.
        reason: why it is right.
        pays: the queued transaction whose payment it made; without one the platform bears it as a cost.

    Raises:
        TransactionNotResolvable: it is accounted for already, or it is not the payment that `pays` names.
    """
    await repository.lock(session, transaction_id)
    seen = await find(session, transaction_id)
    if seen.purpose is not Purpose.UNKNOWN or await repository.is_adopted(session, transaction_id):
        raise _not_resolvable("Adopting", transaction_id, "it is no transaction that the books do not know")
    debt = Account.costs() if pays is None else await _paid_by_hand(session, seen, pays, reason=reason)
    assert seen.tick is not None, "what was seen has a tick"
    await transactions.move(session, transaction_id=seen.id, tick=seen.tick, amounts=[(seen.address_id, -seen.amount)])
    legs = (
        Leg(Account.chain(seen.place.place), seen.amount, LegCause.CORRECTION),
        Leg(debt, -seen.amount, LegCause.CORRECTION),
    )
    posting = Posting(f"adopt:{seen.id}", TransactionType.CORRECTION, f"{seen.hash}: {reason}", legs)
    await ledger.post(session, posting)
    return seen


async def _paid_by_hand(session: AsyncSession, seen: Recorded, pays: UUID, *, reason: str) -> Account:
    queued = await _queued(session, pays, asked="Paying")
    debt = owed(queued)
    if debt is None or (queued.destination, queued.amount) != (seen.destination, seen.amount):
        raise _not_resolvable("Paying", pays, f"{seen.hash} does not pay the same amount to the same address")
    change = Change(expected=ChainStatus.QUEUED, to=ChainStatus.FAILED, error=f"paid by hand in {seen.hash}: {reason}")
    await transition(session, transaction_id=pays, change=change)
    await repository.repoint(session, queued=pays, paid_by=seen.id)
    if (handler := HANDLERS.get(queued.purpose)) is not None:
        await handler.on_confirmed(session, queued)
    return debt


async def _queued(session: AsyncSession, transaction_id: UUID, *, asked: str) -> Recorded:
    await repository.lock(session, transaction_id)
    found = await find(session, transaction_id)
    if found.status is not ChainStatus.QUEUED:
        obstacle = (
            f"it is {found.status.value} for tick {found.tick} and may still be executed"
            if found.status in (ChainStatus.SIGNED, ChainStatus.BROADCAST)
            else f"it is {found.status.value}"
        )
        raise _not_resolvable(asked, transaction_id, obstacle)
    return found


def _not_resolvable(asked: str, transaction_id: UUID, obstacle: str) -> TransactionNotResolvable:
    return TransactionNotResolvable(
        asked=f"{asked} chain transaction {transaction_id}",
        obstacle=obstacle,
        remedy="`qubix admin chain list` shows what is there; one that is signed ends by itself once its tick passed.",
    )
