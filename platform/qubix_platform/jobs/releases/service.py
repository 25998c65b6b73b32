"""Letting jobs go that were held back, and ending those that never can."""

from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Cause
from qubix_platform.jobs.finish import end_waiting
from qubix_platform.jobs.releases import repository
from qubix_platform.jobs.releases.decide import HeldBack, Plan, Turn, plan
from qubix_platform.jobs.transition import announce_queued

AT_ONCE: Final = 500
"""In one transaction: who watches a job need not wait for thousands of others."""


async def advance(session: AsyncSession) -> Plan:
    """Do what is due for jobs that are held back. Doing it again changes nothing.

    Returns:
        What was done; where it is as much as is done at once, there may be more.
    """
    decided = plan(_held_back(row) for row in await repository.due(session, limit=AT_ONCE))
    if decided.release:
        await announce_queued(session, await repository.release(session, decided.release))
    if decided.end:
        await end_waiting(session, decided.end, cause=Cause.DEPENDENCY_FAILED)
    return decided


def _held_back(row: Row[Any]) -> HeldBack:
    turn = None
    if row.array_id is not None:
        turn = Turn(array_id=row.array_id, at_once=row.at_once, active=row.active)
    if row.failed_id is None:
        return HeldBack(id=row.id, turn=turn)
    ended = f"job {row.failed_id} ({row.failed_name}), which is {row.failed_status} ({row.failed_cause})"
    return HeldBack(id=row.id, failed=ended, turn=turn)
