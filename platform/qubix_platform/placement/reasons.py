"""Why a job waits, in numbers and in one line."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.waiting import ReasonCount, WaitingReport
from qubix_platform.placement.constraints import FIXED, ConstraintName
from qubix_platform.placement.fixes import fix
from qubix_platform.placement.matching import Matching
from qubix_platform.placement.model import PendingJob
from qubix_platform.placement.suggestions import Suggestion

_BY_NAME: Final = {constraint.name: constraint for constraint in FIXED}


def waiting_report(
    matching: Matching,
    *,
    now: datetime,
    free: int = 0,
    kept: int = 0,
    opening: datetime | None = None,
    suggestions: Sequence[Suggestion],
) -> WaitingReport:
    """Why offers do not take the request: each of them is counted in exactly one of the reasons.

    Args:
        matching: the request held against the offers.
        now: the instant of the decision.
        free: how many of the offers that fit could take it now; the others that fit are counted as busy.
        kept: how many of those that fit are free, but kept for jobs that go before this one.
        opening: when the first of those that are busy is free at the latest, where that is known.
        suggestions: changes of the request that are known to help, the smallest first.
    """
    free_at = None if opening is None else whole_minute(opening)
    until = "" if free_at is None else f" until about {_spoken(free_at, now)}"
    reasons = [
        ReasonCount(constraint=name, removed=count, message=_BY_NAME[name].message(matching.request, count=count))
        for name, count in matching.rejected
    ]
    if busy := len(matching.rows) - free - kept:
        message = ("1 fits but is busy" if busy == 1 else f"{busy:,} fit but are busy") + until
        reasons.append(ReasonCount(constraint=ConstraintName.BUSY, removed=busy, message=message))
    if kept:
        message = f"{kept:,} {'fits but is' if kept == 1 else 'fit but are'} kept for jobs that go before it"
        reasons.append(ReasonCount(constraint=ConstraintName.KEPT, removed=kept, message=message))
    return WaitingReport(
        considered=len(matching.table),
        reasons=reasons,
        summary=_summary(reasons, considered=len(matching.table), busy=busy, kept=kept, free=free, until=until),
        free_at=free_at,
        suggestion=suggestions[0].text if suggestions else None,
        suggestions=[suggestion.text for suggestion in suggestions],
        fixes=[fix(suggestion) for suggestion in suggestions],
    )


def gang_report(
    matching: Matching,
    *,
    now: datetime,
    free: int,
    places: int,
    workers: int,
    opening: datetime | None = None,
    suggestions: Sequence[Suggestion],
) -> WaitingReport:
    """Why a gang waits. Offers that could take some of its workers, but not all, are a reason of their own.

    Args:
        matching: what each worker asks for, held against the offers.
        now: the instant of the decision.
        free: how many of the offers that fit could take a worker now.
        places: for how many workers there is room now.
        workers: how many there are.
        opening: when all of them can start at the latest, where places are kept for them.
        suggestions: changes of each worker's request that are known to find room for all.
    """
    report = waiting_report(matching, now=now, kept=free, opening=opening, suggestions=suggestions)
    together = f"{free:,} {'has' if free == 1 else 'have'} room for {places:,} of the {workers:,} workers"
    reasons = [
        ReasonCount(constraint=ConstraintName.GANG, removed=free, message=together)
        if reason.constraint == ConstraintName.KEPT
        else reason
        for reason in report.reasons
    ]
    told = [one.text for one in suggestions]
    if places:
        told.insert(0, f"ask for {'1 worker' if places == 1 else f'{places:,} workers'}: it would start now")
    summary = f"of {report.considered:,} offers, {', '.join(reason.message for reason in reasons)}"
    return report.model_copy(
        update={
            "reasons": reasons,
            "summary": summary if free else report.summary,
            "suggestion": told[0] if told else None,
            "suggestions": told,
        }
    )


def quota_report(job: PendingJob, *, considered: int, quota: int, fewer: Suggestion | None) -> WaitingReport:
    """Why a job waits whose user has as many GPUs as they may: no offer was looked at for itself.

    Args:
        job: which one.
        considered: how many offers there are.
        quota: how many GPUs its user may have at once.
        fewer: the job with so many GPUs that it could start now, where there is such a number.
    """
    request = job.request
    most = "1 GPU" if quota == 1 else f"{quota:,} GPUs"
    is_ever_within = request.gpu_count * request.gpu_share_milli * job.workers <= quota * WHOLE_GPU_MILLI
    too_many = "with this job you would have more" if is_ever_within else "this job alone asks for more"
    message = f"your quota is {most} at once, and {too_many}"
    told = [] if fewer is None else [fewer.text]
    if is_ever_within:
        told.append("wait until a job of yours ends")
    told.append("have an operator raise your quota")
    return WaitingReport(
        considered=considered,
        reasons=[ReasonCount(constraint=ConstraintName.QUOTA, removed=considered, message=message)],
        summary=message,
        suggestion=told[0],
        suggestions=told,
        fixes=[] if fewer is None else [fix(fewer)],
    )


def _summary(reasons: list[ReasonCount], *, considered: int, busy: int, kept: int, free: int, until: str) -> str:
    if considered == 0:
        return "no machine is on the market"
    if free:
        return f"{free:,} of {considered:,} offers {'fits' if free == 1 else 'fit'} and can take it now"
    if considered == 1:
        return f"the only offer {reasons[0].message.removeprefix('1 ')}"
    if busy == considered:
        return f"all {considered:,} offers fit but are busy{until}"
    if kept:
        return f"of {considered:,} offers, {', '.join(reason.message for reason in reasons)}"
    rejections = sorted((r for r in reasons if r.constraint != ConstraintName.BUSY), key=lambda r: -r.removed)
    summary = f"of {considered:,} offers, {', '.join(reason.message for reason in rejections)}"
    if busy == 0:
        return summary
    return f"{summary}; {'the one that fits is' if busy == 1 else f'all {busy:,} that fit are'} busy{until}"


def whole_minute(at: datetime) -> datetime:
    """Nobody is told seconds of what others' time limits allow: the next whole minute."""
    return (
        at
        - timedelta(seconds=at.second, microseconds=at.microsecond)
        + timedelta(minutes=1 if at.second or at.microsecond else 0)
    )


def _spoken(at: datetime, now: datetime) -> str:
    same_day = at.astimezone(UTC).date() == now.astimezone(UTC).date()
    return f"{at.astimezone(UTC):{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}} UTC"
