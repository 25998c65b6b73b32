"""The only place where a chain transaction's status changes."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType
from qubix_platform.chain.model import Purpose
from qubix_platform.chain.transactions.model import Change, Recorded
from qubix_platform.chain.transactions.repository import get
from qubix_platform.chain.transactions.states import ALLOWED, CONFIRMATIONS, ChainStatus
from qubix_platform.events import service as events

_TRANSITION = text("""
    with changed as (
        update chain_transactions set
            status = :to,
            tick = coalesce(cast(:tick as bigint), tick),
            digest = coalesce(cast(:digest as bytea), digest),
            hash = coalesce(cast(:hash as text), hash),
            raw = coalesce(cast(:raw as bytea), raw),
            tries = tries + case when :to = 'SIGNED' then 1 else 0 end,
            not_before_tick = coalesce(cast(:not_before_tick as bigint), not_before_tick),
            confirmations = coalesce(cast(:confirmations as integer), confirmations),
            error = cast(:error as text),
            updated_at = clock_timestamp()
         where id = :id and status = :expected and (:to <> 'BROADCAST' or digest = cast(:digest as bytea))
        returning id, status, tick, hash, digest, error
    )
    insert into chain_transaction_events (transaction_id, status, tick, hash, digest, error)
    select id, status, tick, hash, digest, error from changed returning transaction_id
""")
_PROGRESS = text("""
    update chain_transactions set confirmations = :confirmations, updated_at = clock_timestamp()
     where id = :id and status = 'SEEN' and confirmations < :confirmations returning id
""")
_WAIT = text("""
    update chain_transactions set error = :reason, updated_at = clock_timestamp()
     where id = :id and status = 'QUEUED' and error is distinct from :reason returning id
""")

_EVENTS: Final[Mapping[Purpose, EventType]] = {
    Purpose.DEPOSIT: EventType.DEPOSIT_PROGRESS,
    Purpose.ESCROW: EventType.ESCROW_PROGRESS,
    Purpose.PAYOUT: EventType.ESCROW_PROGRESS,
    Purpose.RETURN: EventType.ESCROW_PROGRESS,
    Purpose.WITHDRAWAL: EventType.WITHDRAWAL_UPDATE,
}


async def transition(session: AsyncSession, *, transaction_id: UUID, change: Change) -> Recorded | None:
    """Compare-and-set a transaction's status, with its events in the same transaction.

    Returns:
        The transaction as it is now, or None where its status was not the expected one: nothing was changed then.
    """
    if change.to not in ALLOWED[change.expected]:
        raise ValueError(f"a chain transaction never goes from {change.expected} to {change.to}")
    values = {
        "id": transaction_id,
        "expected": change.expected.value,
        "to": change.to.value,
        "tick": change.tick,
        "digest": change.digest,
        "hash": change.hash,
        "raw": change.raw,
        "not_before_tick": change.not_before_tick,
        "confirmations": change.confirmations,
        "error": change.error,
    }
    if (await session.execute(_TRANSITION, values)).scalar_one_or_none() is None:
        return None
    now = await get(session, transaction_id)
    await announce(session, now, is_late=change.is_late)
    return now


async def progress(session: AsyncSession, transaction: Recorded, *, confirmations: int) -> None:
    """Note how many confirmations a seen transaction has by now. They never go back."""
    values = {"id": transaction.id, "confirmations": confirmations}
    if (await session.execute(_PROGRESS, values)).scalar_one_or_none() is not None:
        await announce(session, await get(session, transaction.id))


async def wait(session: AsyncSession, transaction: Recorded, *, reason: str) -> None:
    """Note why a queued transaction is not signed yet, and tell its user; once for each reason."""
    if (await session.execute(_WAIT, {"id": transaction.id, "reason": reason})).scalar_one_or_none() is not None:
        await announce(session, await get(session, transaction.id), is_late=True)


async def announce(session: AsyncSession, transaction: Recorded, *, is_late: bool = False) -> None:
    """Tell the user whom a transaction concerns how it stands."""
    event = _EVENTS.get(transaction.purpose)
    if event is None or transaction.user_id is None:
        return
    data: JsonObject = {
        "transactionId": str(transaction.id),
        "purpose": transaction.purpose.value,
        "ref": transaction.ref,
        "status": transaction.status.value,
        "amount": transaction.amount,
        "confirmations": CONFIRMATIONS if transaction.status is ChainStatus.CONFIRMED else transaction.confirmations,
        "confirmationsNeeded": CONFIRMATIONS,
        "tick": transaction.tick,
        "hash": transaction.hash,
        "tries": transaction.tries,
        "isLate": is_late,
        "error": transaction.error,
    }
    await events.record(session, type=event, topics=[f"user:{transaction.user_id}"], data=data)
