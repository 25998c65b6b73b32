"""The ends of outgoing transactions, each in one database transaction: status, books, balances, and who is told."""

from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.transactions import repository
from qubix_platform.chain.transactions.handlers import HANDLERS
from qubix_platform.chain.transactions.lifecycle import TRIES, ChainTime, after_drop
from qubix_platform.chain.transactions.model import Change, Recorded
from qubix_platform.chain.transactions.postings import movements, paid
from qubix_platform.chain.transactions.states import CONFIRMATIONS, ChainStatus, Direction
from qubix_platform.chain.transactions.transition import transition, wait
from qubix_platform.ledger import service as ledger

WAITS_FOR_FUNDS: Final = "it waits until the platform's wallet on the chain is filled; it goes on by itself"


async def sign(
    session: AsyncSession, transaction: Recorded, *, tick: int, digest: bytes, tx_hash: str, raw: bytes
) -> bool:
    """Store a fresh signature before it is broadcast; False where somebody else stored one."""
    change = Change(expected=ChainStatus.QUEUED, to=ChainStatus.SIGNED, tick=tick, digest=digest, hash=tx_hash, raw=raw)
    return await transition(session, transaction_id=transaction.id, change=change) is not None


async def wait_for_funds(session: AsyncSession, transaction: Recorded) -> None:
    """Its source cannot pay it yet: tell whose it is. Signed, it says so no more."""
    if transaction.error != WAITS_FOR_FUNDS:
        await wait(session, transaction, reason=WAITS_FOR_FUNDS)


async def broadcast(session: AsyncSession, transaction: Recorded) -> None:
    """The network took exactly these bytes, which says nothing yet."""
    change = Change(expected=ChainStatus.SIGNED, to=ChainStatus.BROADCAST, digest=transaction.digest)
    await transition(session, transaction_id=transaction.id, change=change)


async def confirm(session: AsyncSession, transaction: Recorded) -> None:
    """It was executed for good: post it, and tell whoever ordered it. A second call changes nothing."""
    change = Change(expected=transaction.status, to=ChainStatus.CONFIRMED, confirmations=CONFIRMATIONS)
    confirmed = await transition(session, transaction_id=transaction.id, change=change)
    if confirmed is None:
        return
    assert confirmed.tick is not None, "what was executed had a tick"
    # Also a treasury that another has followed since the order was given.
    keys = {identity.decode(outlay.destination) for outlay in confirmed.outlays}
    ours = (await addresses.by_public_keys(session, keys)).values()
    internal = {address.identity: address for address in ours if address.purpose.is_internal}
    ids = {name: address.id for name, address in internal.items()}
    await repository.move(session, transaction_id=confirmed.id, tick=confirmed.tick, amounts=movements(confirmed, ids))
    posting = paid(confirmed, {name: address.purpose for name, address in internal.items()})
    if posting is not None:
        await ledger.post(session, posting)
    if (handler := HANDLERS.get(confirmed.purpose)) is not None:
        await handler.on_confirmed(session, confirmed)


async def fail(session: AsyncSession, transaction: Recorded, *, reason: str) -> None:
    """It can never be executed and nothing moved: tell whoever ordered it."""
    change = Change(expected=transaction.status, to=ChainStatus.FAILED, error=reason)
    failed = await transition(session, transaction_id=transaction.id, change=change)
    if failed is not None and (handler := HANDLERS.get(failed.purpose)) is not None:
        await handler.on_failed(session, failed)


async def drop(session: AsyncSession, transaction: Recorded, *, now: ChainTime) -> None:
    """Its tick passed without it. Ours is queued again; one that a user signed is theirs to sign again."""
    reason = f"tick {transaction.tick} was processed without it"
    change = Change(expected=transaction.status, to=ChainStatus.DROPPED, error=reason)
    dropped = await transition(session, transaction_id=transaction.id, change=change)
    if dropped is None or dropped.direction is Direction.IN:
        return
    retry = after_drop(tries=dropped.tries, now=now)
    change = Change(
        expected=ChainStatus.DROPPED,
        to=ChainStatus.QUEUED,
        not_before_tick=retry.not_before_tick,
        error=reason if dropped.tries < TRIES else f"dropped {dropped.tries} times; waiting for the network",
        is_late=retry.is_late,
    )
    await transition(session, transaction_id=transaction.id, change=change)


async def not_moved(session: AsyncSession, transaction: Recorded) -> None:
    """It was in its tick, but its source could not pay."""
    await fail(session, transaction, reason="the network says that its source could not pay it")


async def get(session: AsyncSession, transaction_id: UUID) -> Recorded:
    """One transaction."""
    return await repository.get(session, transaction_id)
