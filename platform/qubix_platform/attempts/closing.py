"""Putting an attempt into a final state with its bill, and paying that while its job goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import AttemptStatus, Cause, JobStatus
from qubix_platform.attempts.history import Owed, purse_of
from qubix_platform.attempts.settlements import repository as settlements
from qubix_platform.attempts.transition import STATE_OF, AttemptChange, transition
from qubix_platform.escrow import service as escrow
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.announcing import announce, wallet_changes
from qubix_platform.ledger.model import Posting


@dataclass(frozen=True, slots=True)
class Standing:
    """How an attempt and its job stand, and since when, at this moment of the database's clock."""

    attempt: AttemptStatus
    job: JobStatus
    started_at: datetime | None
    now: datetime

    @classmethod
    def of(cls, held: Row[Any]) -> Self:
        """As the row says."""
        return cls(AttemptStatus(held.status), JobStatus(held.job_status), held.started_at, held.now)

    @classmethod
    def begun(cls, at: datetime) -> Self:
        """The same report says that it began and that it ended."""
        return cls(AttemptStatus.RUNNING, JobStatus.RUNNING, at, at)


async def close(
    session: AsyncSession,
    held: Row[Any],
    standing: Standing,
    owed: Owed,
    *,
    cause: Cause,
    error: str | None,
    exit_code: int | None = None,
) -> None:
    """End an attempt for good; what it is owed is written down with it, and to be paid by the caller."""
    change = AttemptChange(
        standing.attempt,
        STATE_OF[cause],
        ended_at=standing.now,
        cause=cause,
        error=error,
        exit_code=exit_code,
        billable_seconds=owed.seconds,
        cost=owed.bill.charged_before + owed.bill.charged,
        earned=held.earned + owed.bill.parts.provider,
    )
    await transition(session, attempt_id=held.id, worker_id=held.worker_id, change=change)


async def pay_for_part(session: AsyncSession, held: Row[Any], owed: Owed, *, others: Sequence[Posting] = ()) -> None:
    """Pay for what an attempt did whose job goes on without it, after the `others` that ended with it."""
    postings = [*others, *await owe_part(session, held, owed)]
    await ledger.post_all(session, postings)
    await announce(session, wallet_changes(postings), reason="an attempt was paid whose job goes on")


async def owe_part(session: AsyncSession, held: Row[Any], owed: Owed) -> list[Posting]:
    """Write down what an attempt is paid whose job goes on without it.

    Returns:
        The payment, for the caller to post.
    """
    if owed.seconds == held.settled_seconds and not owed.bill.pending_before:
        return []
    if seconds := owed.seconds - held.settled_seconds:
        await settlements.store_part(session, held, owed.bill.drawn_parts, seconds=seconds)
    return escrow.payment(purse_of(held), owed.bill, part=f"{held.id}:{owed.seconds}")
