"""From what the database says of the market to what placement looks at."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import (
    AffinityScope,
    Interconnect,
    IsolationLevel,
    Priority,
    ProviderStatus,
    ProviderType,
    Trust,
)
from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.model import (
    AntiAffinity,
    Candidate,
    Consumer,
    Due,
    GpuState,
    PendingJob,
    Request,
    ReservedWindow,
    Running,
    compute_capability,
)
from qubix_platform.placement.ordering.policy import ORDINARY_WEIGHT
from qubix_platform.placement.standby import beside
from qubix_platform.scheduling.models import Standing

# More than a pass reads at most: the oldest of all waiting jobs, and as many of the most urgent.
_REMEMBERED: Final = 12_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


# A job is read again by every pass until it is placed, and is nearly always what it was the last time.
@functools.lru_cache(maxsize=_REMEMBERED)
def pending_of(  # noqa: PLR0913, PLR0917 - a row, in the order of the query
    job_id: str,
    user_id: str,
    queued_at: int,
    max_price: int,
    resources: str,
    told: str | None,
    unassignable_since: int | None,
    priority: str,
    limit_seconds: int,
    workers: int,
    compute_needed: float,
    deadline: int | None,
    standby: bool,
    tried: tuple[str, ...],
) -> tuple[PendingJob, Standing]:
    """A job that waits, and what it was told."""
    job = PendingJob(
        id=UUID(job_id),
        queued_at=_EPOCH + timedelta(microseconds=queued_at),
        request=_due(_request(resources, user_id, max_price), compute_needed, _instant(deadline)),
        tried=tuple(sorted(map(UUID, tried))),
        priority=Priority(priority),
        limit_seconds=limit_seconds,
        workers=workers,
        wants_standby=standby,
        deadline=_instant(deadline),
    )
    report = _report(told)
    standing = Standing(
        waiting=report and report.model_copy(update={"decided_at": None}),
        told_at=report.decided_at if report else None,
        unassignable_since=_instant(unassignable_since),
    )
    return job, standing


def _report(told: str | None) -> WaitingReport | None:
    """What a job was told last; nothing where this version does not read it, so that it is told anew."""
    try:
        return WaitingReport.model_validate_json(told) if told else None
    except ValidationError:
        return None


def _due(request: Request, compute_needed: float, deadline: datetime | None) -> Request:
    if deadline is None or compute_needed <= 0:
        return request
    return replace(request, due=Due(at=deadline, compute=compute_needed))


def standby_of(*row: Any) -> tuple[PendingJob, Standing]:
    """A job that a machine is to stand by for: `pending_of` it, with owner and site of its machine before the tries."""
    *waiting, owner, site, tried = row
    job, standing = pending_of(*waiting, tried)
    return beside(job, owner=UUID(owner), site=site), standing


@functools.lru_cache(maxsize=_REMEMBERED)
def _request(resources: str, user_id: str, max_price: int) -> Request:
    return Request.of(ResourceRequest.model_validate_json(resources), user_id=UUID(user_id), max_price=max_price)


def consumers_of(
    users: Iterable[UUID], quotas: list[list[Any]], *, past: Mapping[UUID, tuple[tuple[str, float], ...]] | None = None
) -> tuple[Consumer, ...]:
    """Those whose jobs wait, each with what an operator set, and with their past where it is known."""
    known = past or {}
    set_of = {UUID(user_id): (weight, max_gpus) for user_id, weight, max_gpus in quotas}
    return tuple(
        Consumer(user_id=user, weight=weight, max_gpus=max_gpus, past=known.get(user, ()))
        for user in sorted(users)
        for weight, max_gpus in (set_of.get(user, (ORDINARY_WEIGHT, None)),)
    )


def running_of(row: list[Any]) -> Running:
    """An attempt that runs."""
    return Running(
        attempt_id=UUID(row[0]),
        job_id=UUID(row[1]),
        user_id=UUID(row[2]),
        provider_id=UUID(row[3]),
        cpu_cores=row[4],
        memory_mib=row[5],
        limit_seconds=row[6],
        started_at=_instant(row[7]),
        shares=tuple((gpu_id, milli) for gpu_id, milli in row[8] or ()),
        price_per_hour=row[9],
        is_spot=row[10],
        noticed_at=_instant(row[11]),
        anti_affinity=None if row[12] is None else AntiAffinity(group=row[12], scope=AffinityScope(row[13])),
        disk_mib=row[14],
    )


def window_of(row: list[Any]) -> ReservedWindow:
    """A machine's time that is somebody's."""
    provider_id, user_id, starts_at, ends_at = row
    return ReservedWindow(
        provider_id=UUID(provider_id),
        user_id=UUID(user_id),
        starts_at=_EPOCH + timedelta(microseconds=starts_at),
        ends_at=_EPOCH + timedelta(microseconds=ends_at),
    )


def candidate_of(row: list[Any]) -> Candidate:
    """A machine."""
    return Candidate(
        provider_id=UUID(row[0]),
        worker_id=row[1],
        user_id=UUID(row[2]),
        type=ProviderType(row[3]),
        trust=Trust(row[4]),
        status=ProviderStatus(row[5]),
        is_available=row[6],
        cpu_cores=row[7],
        ram_mib=row[8],
        disk_mib=row[9],
        price_per_hour=row[10],
        isolation_level=IsolationLevel(row[11]),
        reliability=row[12],
        location=row[13],
        shunned_until=_instant(row[14]),
        allocated_cpu=row[15],
        allocated_memory_mib=row[16],
        allocated_disk_mib=row[17],
        gpus=tuple(
            GpuState(
                id=gpu_id,
                index=index,
                model=model,
                vram_mib=vram_mib,
                compute_capability=compute_capability(capability),
                allocated_milli=allocated_milli,
            )
            for gpu_id, index, model, vram_mib, capability, allocated_milli in row[18] or ()
        ),
        fp32_tflops=row[19],
        labels=tuple((name, value) for name, value in row[20] or ()),
        interconnect=None if row[21] is None else Interconnect(row[21]),
    )
