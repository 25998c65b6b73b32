"""Looking back: the same decision again, or another one from the same facts."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.database.session import Database
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Assignment, Decisions, Policy
from qubix_platform.scheduling import repository
from qubix_platform.scheduling.errors import PassNotFound
from qubix_platform.scheduling.models import Pass
from qubix_platform.scheduling.passes import Base, decode

_AT_ONCE: Final = 50


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A recorded pass and what is decided from the same facts now."""

    pass_id: int
    recorded: Pass
    again: Decisions

    @property
    def is_identical(self) -> bool:
        """Whether both decided the same. Where not, the code of placement has changed since."""
        return self.recorded.decisions == self.again

    @property
    def differences(self) -> list[str]:
        """What was decided otherwise, a sentence for each job."""
        before = {one.job_id: one for one in self.recorded.decisions.assignments}
        after = {one.job_id: one for one in self.again.assignments}
        moved = [
            f"job {job_id} went to {_place(before.get(job_id))}, and would go to {_place(after.get(job_id))}"
            for job_id in sorted(before.keys() | after.keys())
            if before.get(job_id) != after.get(job_id)
        ]
        told = [
            f"job {job_id} was told {why.summary!r}, and would be told {self.again.waiting[job_id].summary!r}"
            for job_id, why in sorted(self.recorded.decisions.waiting.items())
            if job_id in self.again.waiting and self.again.waiting[job_id] != why
        ]
        return moved + told


async def replay(session: AsyncSession, pass_id: int, *, policy: Policy | None = None) -> Replay:
    """Decide a recorded pass again.

    Args:
        session: to read the pass with.
        pass_id: as `scheduling.service.list_passes` gives it.
        policy: another one than was in force, to ask "what if".

    Raises:
        PassNotFound: it is not, or no longer, kept.
    """
    row = await repository.read_pass(session, pass_id)
    if row is None:
        raise PassNotFound(
            asked=f"Replaying pass {pass_id} of the scheduler",
            obstacle="no such pass is kept",
            remedy="List the passes that are kept, and choose one of them.",
        )
    return _again(row, policy, _Bases())


async def replay_newest(
    database: Database, passes: int | None = None, *, policy: Policy | None = None
) -> AsyncIterator[Replay]:
    """Decide the newest recorded passes again, newest first: a few are read at a time, however many there are.

    Args:
        database: to read them from.
        passes: how many; all that are kept where it is None.
        policy: another one than was in force, to ask "what if".
    """
    before: int | None = None
    bases, left = _Bases(), passes
    while left is None or left > 0:
        async with database.transaction() as session:
            limit = _AT_ONCE if left is None else min(left, _AT_ONCE)
            rows = await repository.read_passes(session, before=before, limit=limit)
        for row in rows:
            yield _again(row, policy, bases)
        if len(rows) < limit:
            return
        before = rows[-1].id
        left = None if left is None else left - len(rows)


class _Bases:
    """The base that was read last: passes that follow each other mostly share it."""

    def __init__(self) -> None:
        self._known: tuple[int, Base] | None = None

    def of(self, row: Row[Any]) -> Base | None:
        if row.base_id is None:
            return None
        if self._known is None or self._known[0] != row.base_id:
            self._known = row.base_id, Base.stored(row.base)
        return self._known[1]


def _again(row: Row[Any], policy: Policy | None, bases: _Bases) -> Replay:
    recorded = decode(row, bases.of(row))
    again = decide(recorded.snapshot, recorded.decided_at, policy or recorded.policy)
    return Replay(pass_id=row.id, recorded=recorded, again=again)


def _place(assignment: Assignment | None) -> str:
    if assignment is None:
        return "no machine"
    gpus = ", ".join(str(share.index) for share in assignment.gpus)
    return f"{assignment.worker_id}{f' on GPU {gpus}' if gpus else ''} at {assignment.price_per_hour:,} QU per hour"
