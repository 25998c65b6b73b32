"""From rows of the database to what goes over the wire."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from qubix.schemas.attempts import Attempt, AttemptGpu, AttemptSpec, MailboxEntry
from qubix.schemas.checkpoints import RestorableCheckpoint
from qubix_platform.auth.tokens import attempt_token
from qubix_platform.jobs import view as jobs


def attempt(row: Row[Any]) -> Attempt:
    """An attempt from its row, which carries its provider's `worker_id`, `simulated` and the GPUs."""
    return Attempt.model_validate(dict(row._mapping))


def peer_name(rank: int) -> str:
    """The name of a gang's worker, by which the others know it."""
    return f"worker-{rank}"


def spec(
    job: Row[Any], *, attempt_id: UUID, number: int, gpus: Sequence[AttemptGpu], secret: bytes, lease_seconds: int
) -> AttemptSpec:
    """What a runner gets to run an attempt of a job, which may take what the attempts before left of its time limit."""
    resources, is_gang = job.resources, job.workers > 1
    return AttemptSpec.model_validate(
        {
            **job.spec,
            "job_id": job.id,
            "attempt_id": attempt_id,
            "attempt_token": attempt_token(secret=secret, attempt_id=attempt_id),
            "number": number,
            "model_type": job.model_type,
            "time_limit_seconds": job.limit_seconds,
            "cpu_cores": resources["cpuCores"],
            "memory_mib": resources["memoryMib"],
            "disk_mib": resources["diskMib"],
            "gpus": list(gpus),
            "checkpoints": [RestorableCheckpoint.model_validate(checkpoint) for checkpoint in job.checkpoints],
            "snapshot": job.snapshot and RestorableCheckpoint.model_validate(job.snapshot),
            "waits": is_gang or job.is_standby,
            "rank": job.rank,
            "world_size": job.workers,
            "peers": [peer_name(rank) for rank in range(job.workers)] if is_gang else [],
            "takes_items": job.group_id is not None,
            "lease_seconds": lease_seconds,
        }
    )


def spec_of(row: Row[Any], *, secret: bytes, lease_seconds: int) -> AttemptSpec:
    """What a runner gets, from a row that joins the attempt, its job and its GPUs."""
    return spec(
        row,
        attempt_id=row.attempt_id,
        number=row.number,
        gpus=[AttemptGpu.model_validate(gpu) for gpu in row.gpus],
        secret=secret,
        lease_seconds=lease_seconds,
    )


def mailbox_entry(row: Row[Any], *, secret: bytes, lease_seconds: int) -> MailboxEntry:
    """A job as it waits in a pulling provider's mailbox."""
    for_runner = spec_of(row, secret=secret, lease_seconds=lease_seconds)
    values = jobs.job(row).model_dump() | {
        "attempt_id": for_runner.attempt_id,
        "attempt_token": for_runner.attempt_token,
        "spec": for_runner,
    }
    return MailboxEntry.model_validate(values)
