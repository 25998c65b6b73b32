"""From rows of the database to what goes over the wire."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from qubix.schemas.jobs import Job
from qubix.schemas.states import JobStatus
from qubix.schemas.waiting import WaitingReport
from qubix_platform.escrow.service import Purse


def job(row: Row[Any]) -> Job:
    """A job from its row, which carries its provider's `worker_id` and `simulated`."""
    values = dict(row._mapping)
    return Job.model_validate(
        values
        | {
            "requirements": values["spec"].get("requirements", []),
            "cancel_requested": values["cancel_requested_at"] is not None,
        }
    )


def purse(row: Row[Any]) -> Purse:
    """A job's escrow."""
    return Purse(
        job_id=row.id,
        escrow_id=row.escrow_id,
        consumer_id=row.user_id,
        held=row.hold_amount,
        settled=row.settled_amount,
    )


def waiting(row: Row[Any]) -> WaitingReport | None:
    """Why a job waits, or why none stands by for one that runs, as the scheduler last wrote it; None unless one does.

    Whether a machine has come to stand by since then is not known here.
    """
    if row.waiting is None:
        return None
    report = WaitingReport.model_validate(row.waiting)
    return report if report.for_standby == (row.status in {JobStatus.ASSIGNED, JobStatus.RUNNING}) else None


def estimated_end(row: Row[Any], *, now: datetime) -> datetime | None:
    """When a running job is likely to end: by its progress, else by its compute estimate, at most by its limit."""
    if row.status != JobStatus.RUNNING or row.started_at is None:
        return None
    started_at: datetime = row.started_at
    limit = started_at + timedelta(seconds=row.time_limit_seconds)
    if row.progress > 0:
        return min(limit, started_at + (now - started_at) * (100 / float(row.progress)))
    if row.estimated_seconds is not None:
        return min(limit, started_at + timedelta(seconds=float(row.estimated_seconds)))
    return limit
