"""When a job would start behind those that wait already: passes at the instants at which something is free again.

What runs, and what each of these passes starts, is taken to last to its time limit. What comes later is not known. So a
job starts no later than forecast unless jobs come that go before it.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Assignment, Candidate, Decisions, PendingJob, Policy, Running, Snapshot

MOST_PASSES: Final = 32
"""So far ahead is looked at most: beyond, a start is not known."""

_ATTEMPTS: Final = UUID("b1f3b7f6-2b0c-4d0e-9a53-0d0f3a7c5e11")


def forecast(
    snapshot: Snapshot, job: PendingJob, now: datetime, policy: Policy, *, is_late: Callable[[], bool] = lambda: False
) -> datetime | None:
    """When a job starts at the latest, by the limits of what runs and of what waits before it.

    Args:
        snapshot: the market, with those that wait.
        job: one of these.
        now: the instant.
        policy: the scheduler's.
        is_late: asked before each pass, whether looking ahead took long enough.

    Returns:
        None where that is not known: nothing that runs makes room for it, or only after `MOST_PASSES` others end, or it
        took too long to find out.
    """
    for _ in range(MOST_PASSES):
        if is_late():
            return None
        decisions = decide(snapshot, now, policy)
        if any(one.job_id == job.id for one in decisions.assignments):
            return now
        snapshot = _carried_out(snapshot, decisions, now)
        ends = [_end(one, now, policy) for one in snapshot.running]
        if not ends:
            return None
        now = max(now, min(ends))
        snapshot = _ended(snapshot, [one for one, end in zip(snapshot.running, ends, strict=True) if end <= now])
    return None


def _end(attempt: Running, now: datetime, policy: Policy) -> datetime:
    limit = (attempt.started_at or now) + timedelta(seconds=attempt.limit_seconds)
    if attempt.noticed_at is None or policy.queue is None:
        return limit
    return min(limit, attempt.noticed_at + timedelta(seconds=policy.queue.notice_s))


def _carried_out(snapshot: Snapshot, decisions: Decisions, now: datetime) -> Snapshot:
    jobs = {job.id: job for job in snapshot.jobs}
    started = [_running(one, jobs[one.job_id], now) for one in decisions.assignments]
    leaving = {one.attempt_id for one in decisions.preemptions}
    running = [replace(one, noticed_at=now) if one.attempt_id in leaving else one for one in snapshot.running]
    gone = {one.job_id for one in decisions.assignments}
    return replace(
        snapshot,
        jobs=tuple(job for job in snapshot.jobs if job.id not in gone),
        running=(*(one if one.started_at else replace(one, started_at=now) for one in running), *started),
        providers=_with(snapshot.providers, started, sign=1),
    )


def _running(one: Assignment, job: PendingJob, now: datetime) -> Running:
    request = job.request
    return Running(
        attempt_id=uuid5(_ATTEMPTS, f"{job.id} {one.rank} {one.is_standby}"),
        job_id=job.id,
        user_id=request.user_id,
        provider_id=one.provider_id,
        cpu_cores=request.cpu_cores,
        memory_mib=request.memory_mib,
        limit_seconds=job.limit_seconds,
        started_at=now,
        shares=tuple((gpu.gpu_id, gpu.milli) for gpu in one.gpus),
        price_per_hour=one.price_per_hour,
        is_spot=request.is_spot,
        anti_affinity=request.anti_affinity,
        disk_mib=request.disk_mib,
    )


def _ended(snapshot: Snapshot, ended: list[Running]) -> Snapshot:
    over = {one.attempt_id for one in ended}
    return replace(
        snapshot,
        running=tuple(one for one in snapshot.running if one.attempt_id not in over),
        providers=_with(snapshot.providers, ended, sign=-1),
    )


def _with(providers: tuple[Candidate, ...], attempts: list[Running], *, sign: int) -> tuple[Candidate, ...]:
    """The machines with what these attempts take, or give back."""
    cpu: Counter[UUID] = Counter()
    memory: Counter[UUID] = Counter()
    disk: Counter[UUID] = Counter()
    milli: Counter[int] = Counter()
    for one in attempts:
        cpu[one.provider_id] += sign * one.cpu_cores
        memory[one.provider_id] += sign * one.memory_mib
        disk[one.provider_id] += sign * one.disk_mib
        for gpu_id, share in one.shares:
            milli[gpu_id] += sign * share
    return tuple(
        replace(
            each,
            allocated_cpu=each.allocated_cpu + cpu[each.provider_id],
            allocated_memory_mib=each.allocated_memory_mib + memory[each.provider_id],
            allocated_disk_mib=each.allocated_disk_mib + disk[each.provider_id],
            gpus=tuple(replace(gpu, allocated_milli=gpu.allocated_milli + milli[gpu.id]) for gpu in each.gpus),
        )
        if each.provider_id in cpu
        else each
        for each in providers
    )
