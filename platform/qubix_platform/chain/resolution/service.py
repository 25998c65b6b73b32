"""What an operator resolves by hand, with a reason: each is a posting of its own."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.schemas.states import TransactionType
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.errors import TransactionNotFound, TransactionNotResolvable
from qubix_platform.chain.model import AddressPurpose, Purpose
from qubix_platform.chain.resolution import repository
from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions import service
from qubix_platform.chain.transactions.handlers import HANDLERS
from qubix_platform.chain.transactions.model import Change, Recorded, Sighting
from qubix_platform.chain.transactions.postings import arrived, owed
from qubix_platform.chain.transactions.states import ChainStatus
from qubix_platform.chain.transactions.transition import transition
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """QU that an address of ours got in a tick, by which transaction of whom."""

    address: str
    amount: int
    tick: int
    hash: str
    source: str


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


async def take_in(session: AsyncSession, arrival: Arrival, *, reason: str) -> Recorded:
    """Account for what came to an address of ours without a payment that the ticks show, such as from a contract.

    It is credited as a deposit there would be: to the address's owner, or to the platform.

    Raises:
        TransactionNotResolvable: the address is not ours, or the transaction is accounted for already.
    """
    key = identity.decode(arrival.address)
    address = (await addresses.by_public_keys(session, [key])).get(key)
    if address is None:
        raise _not_resolvable("Taking in", arrival.hash, f"{arrival.address} is no address of ours")
    sighting = Sighting(
        tick=arrival.tick,
        # Its own content is not at hand here; its id, which covers it, tells it apart.
        digest=identity.decode(arrival.hash.upper()),
        leg=0,
        hash=arrival.hash,
        source=arrival.source,
        amount=arrival.amount,
        public_key=key,
    )
    made = await transactions.insert_in(
        session,
        sighting,
        purpose=Purpose.FUNDING if address.purpose.is_internal else Purpose.DEPOSIT,
        ref=f"{arrival.hash}: {reason}",
        user_id=address.owner if address.purpose is AddressPurpose.DEPOSIT else None,
        address=address,
        status=ChainStatus.CONFIRMED,
    )
    if made is None:
        raise _not_resolvable("Taking in", arrival.hash, "the books account for it already")
    await transactions.move(session, transaction_id=made, tick=arrival.tick, amounts=[(address.id, arrival.amount)])
    taken = await transactions.get(session, made)
    await ledger.post(session, arrived(taken))
    return taken


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


def _not_resolvable(asked: str, transaction_id: UUID | str, obstacle: str) -> TransactionNotResolvable:
    return TransactionNotResolvable(
        asked=f"{asked} chain transaction {transaction_id}",
        obstacle=obstacle,
        remedy="`qubix admin chain list` shows what is there; one that is signed ends by itself once its tick passed.",
    )
