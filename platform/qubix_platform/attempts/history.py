"""What happened to an attempt, from its row in the database, and what it is owed by that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from qubix.schemas.states import Cause
from qubix_platform.attempts.billing import Event, Occurrence, Stretch, attribute, billed_seconds
from qubix_platform.escrow.service import Bill, Purse
from qubix_platform.jobs.states import UNBILLED_CAUSES
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import whole_seconds
from qubix_platform.pricing.sessions import Meter, covered, increment


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What an attempt that ended is owed: whole seconds in all, and the bill for those that were not settled before."""

    seconds: int
    bill: Bill


def purse_of(held: Row[Any]) -> Purse:
    """The escrow of an attempt's job."""
    return Purse(
        job_id=held.job_id,
        escrow_id=held.escrow_id,
        consumer_id=held.user_id,
        held=held.hold_amount,
        settled=held.settled_amount,
    )


def meter_of(held: Row[Any], *, started_at: datetime | None, now: datetime) -> Meter:
    """Clock and money of an attempt at this moment. The workers of a gang share what is held for their job evenly."""
    return Meter(
        elapsed=0 if started_at is None else whole_seconds(start=started_at, end=now),
        settled=held.settled_seconds,
        limit=held.limit_seconds,
        price_per_hour=held.price_per_hour,
        max_price=held.max_price,
        escrow=(held.hold_amount - held.settled_amount) // held.sharing,
    )


def events_of(
    row: Row[Any],
    *,
    started_at: datetime | None,
    ended_at: datetime,
    cause: Cause,
    cancel_requested_at: datetime | None,
    resumed_seconds: int = 0,
) -> Iterator[Event]:
    """What happened to an attempt that has ended, as far as it bears on its bill.

    Args:
        row: the attempt.
        started_at, ended_at, cause: of its life, which the row need not know yet.
        cancel_requested_at: when its consumer asked to cancel the job; None where nobody, or the platform, did.
        resumed_seconds: how much of it a later attempt went on from.
    """
    if started_at is not None:
        yield Event(Occurrence.STARTED, started_at)
    if row.settled_seconds:
        yield Event(Occurrence.SETTLED, ended_at, through=row.settled_seconds)
    if cancel_requested_at is not None:
        yield Event(Occurrence.CANCEL_REQUESTED, cancel_requested_at)
    if row.preemption_noticed_at is not None:
        yield Event(Occurrence.PREEMPTION_NOTICED, row.preemption_noticed_at)
    if resumed_seconds:
        yield Event(Occurrence.RESUMED, ended_at, through=resumed_seconds)
    yield Event(Occurrence.ENDED, ended_at, cause=cause)


def owed_at_end(
    held: Row[Any], *, started_at: datetime | None, ended_at: datetime, cause: Cause, policy: MarketPolicy
) -> Owed:
    """What an attempt is owed that ends now: with it, all that is pending becomes final. One that is lost has given
    that back before.
    """
    meter = meter_of(held, started_at=started_at, now=ended_at)
    stretches = attribute(
        events_of(
            held,
            started_at=started_at,
            ended_at=ended_at,
            cause=cause,
            cancel_requested_at=held.cancel_requested_at if held.stop_cause != Cause.OUT_OF_FUNDS else None,
        ),
        limit_seconds=meter.limit,
        covered_seconds=covered(meter),
    )
    seconds = billed_seconds(stretches)
    return Owed(
        seconds=seconds,
        bill=Bill(
            provider_user_id=held.provider_user_id,
            charged=held.pending_cost
            + increment(price_per_hour=meter.price_per_hour, before=meter.settled, through=seconds),
            charged_before=held.cost - held.pending_cost,
            fee_basis_points=policy.fee_basis_points,
            attempt_id=held.id,
            pending_before=held.pending_cost,
        ),
    )


def owed_for_resumed(lost: Row[Any], *, resumed_seconds: int, policy: MarketPolicy) -> Owed:
    """What a lost attempt is owed because a later one goes on from what it saved.

    Args:
        lost: the attempt, which has begun and ended.
        resumed_seconds: after how many of its seconds it saved that.
        policy: the platform's fee.
    """
    meter = replace(meter_of(lost, started_at=lost.started_at, now=lost.ended_at), settled=lost.billable_seconds)
    stretches = attribute(
        events_of(
            lost,
            started_at=lost.started_at,
            ended_at=lost.ended_at,
            cause=Cause(lost.cause),
            cancel_requested_at=lost.cancel_requested_at if lost.stop_cause != Cause.OUT_OF_FUNDS else None,
            resumed_seconds=resumed_seconds,
        ),
        limit_seconds=meter.limit,
        covered_seconds=covered(meter),
    )
    seconds = max(lost.billable_seconds, billed_seconds(stretches))
    return Owed(
        seconds=seconds,
        bill=Bill(
            provider_user_id=lost.provider_user_id,
            charged=increment(price_per_hour=meter.price_per_hour, before=meter.settled, through=seconds),
            charged_before=lost.cost,
            fee_basis_points=policy.fee_basis_points,
        ),
    )


def unpaid_seconds(attempt: Row[Any], *, saved_at: datetime, cancel_requested_at: datetime | None) -> int:
    """For how many more seconds an attempt would be paid if a later one of its job went on from what it saved then.

    Args:
        attempt: the attempt; nothing is unpaid of one that lives, was not lost, or costs nothing.
        saved_at: when that was.
        cancel_requested_at: as of `events_of`.
    """
    if attempt.price_per_hour == 0 or attempt.started_at is None or attempt.cause is None:
        return 0
    if Cause(attempt.cause) not in UNBILLED_CAUSES:
        return 0
    saved = whole_seconds(start=attempt.started_at, end=saved_at)
    if saved <= attempt.resumed_seconds:
        return 0
    history = events_of(
        attempt,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        cause=Cause(attempt.cause),
        cancel_requested_at=cancel_requested_at,
        resumed_seconds=saved,
    )
    billed = billed_seconds(attribute(history, limit_seconds=attempt.limit_seconds, covered_seconds=saved))
    unpaid: int = max(0, billed - attempt.billable_seconds)
    return unpaid


def recorded_stretches(row: Row[Any], *, cancel_requested_at: datetime | None) -> tuple[Stretch, ...]:
    """How an attempt's time was divided, from what is recorded of it; nothing where it goes on. See `events_of`."""
    if row.ended_at is None or row.cause is None:
        return ()
    history = tuple(
        events_of(
            row,
            started_at=row.started_at,
            ended_at=row.ended_at,
            cause=Cause(row.cause),
            cancel_requested_at=cancel_requested_at,
            resumed_seconds=row.resumed_seconds,
        )
    )
    stretches = attribute(history, limit_seconds=row.limit_seconds, covered_seconds=row.limit_seconds)
    if billed_seconds(stretches) <= row.billable_seconds:
        return stretches
    return attribute(history, limit_seconds=row.limit_seconds, covered_seconds=row.billable_seconds)
