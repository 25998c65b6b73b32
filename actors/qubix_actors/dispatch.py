"""A pass: read the market, decide, and carry the decisions out."""

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.states import Cause, ProviderType
from qubix_actors.handover import Handover
from qubix_actors.journal import Journal
from qubix_actors.preemptions import Preemptions
from qubix_actors.settings import SchedulerSettings
from qubix_actors.usage import Usage
from qubix_platform.attempts import service as attempts
from qubix_platform.attempts import standby
from qubix_platform.attempts.errors import AssignmentRefused
from qubix_platform.database.connection import Connection
from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.session import Database
from qubix_platform.jobs.finish import end_waiting
from qubix_platform.placement.engine import Engine, changes
from qubix_platform.placement.model import Assignment, Candidate, Snapshot
from qubix_platform.scheduling import repository
from qubix_platform.scheduling.models import Pass

log = structlog.get_logger(__name__)

_UNREADABLE: Final = "The platform cannot read what the job asks for any more: please create it again."

# Each takes a millisecond or so: more at a time would keep the next pass, and a new job, waiting.
_PER_PASS: Final = 64
# While many jobs wait each freed card goes to one at the head of the queue; the rest is looked at every now and then,
# for what only a job further back can use, and to tell them why they wait.
_HEAD_OF_QUEUE: Final = 32
_WHOLE_QUEUE_EVERY_S: Final = 0.5
# A queue that takes long to look at is looked at less often: who is at its head shall not wait for it.
_WHOLE_QUEUE_PART: Final = 0.1


@dataclass(frozen=True, kw_only=True)
class PassSummary:
    """The last pass, for whoever asks how the scheduler is."""

    decided_at: datetime
    pending: int
    assigned: int
    duration_us: int


class Dispatch:
    """Makes passes.

    Args:
        database: where assignments are written.
        settings: policies and the secret.
        handover: takes the attempts of members' nodes.
        journal: writes down what nobody waits for.
        usage: what users had until now.
        preemptions: asks attempts to make room.
        nodes: the providers' nodes that are alive now, by worker id.
    """

    def __init__(
        self,
        database: Database,
        settings: SchedulerSettings,
        *,
        handover: Handover,
        journal: Journal,
        usage: Usage,
        preemptions: Preemptions,
        nodes: Callable[[], Mapping[str, str]],
    ) -> None:
        self.woken = asyncio.Event()
        self.last: PassSummary | None = None
        self._database = database
        self._settings = settings
        self._handover = handover
        self._journal = journal
        self._usage = usage
        self._preemptions = preemptions
        self._nodes = nodes
        self._engine = Engine()
        self._known = Snapshot()
        self._members: frozenset[UUID] = frozenset()
        self._whole_queue_at = 0.0
        self._behind = 0

    @property
    def leaves_jobs_waiting(self) -> bool:
        """Whether the last pass found no room for some job."""
        return self.last is not None and self.last.pending > self.last.assigned

    async def run_pass(self, connection: Connection) -> None:
        """Decide on every pending job, or on the head of a long queue whose rest was looked at just now.

        Raises:
            asyncpg.PostgresError, asyncpg.InterfaceError, OSError: the connection that holds the lead is lost.
        """
        began_at = time.monotonic()
        is_whole = began_at >= self._whole_queue_at
        reading = await repository.read_market(connection, limit=repository.MAX_PENDING if is_whole else _HEAD_OF_QUEUE)
        if reading.unreadable:
            await self._refuse(reading.unreadable)
        self._note_queue(len(reading.snapshot.jobs), is_whole=is_whole)
        behind = 0 if is_whole else self._behind
        if not reading.snapshot.jobs:
            self.last = PassSummary(decided_at=reading.now, pending=0, assigned=0, duration_us=0)
            return
        began = time.perf_counter_ns()
        self._take_in(self._completed(reading.snapshot))
        policy = self._settings.placement
        decisions = self._engine.decide(reading.now, policy)
        made = Pass(
            decided_at=reading.now,
            policy=policy,
            snapshot=self._known,
            decisions=decisions,
            duration_us=(time.perf_counter_ns() - began) // 1000,
        )
        now, later = _first_jobs(decisions.assignments)
        await self._carry_out([one for one in now if not one.is_standby])
        for assignment in now:
            if assignment.is_standby:
                await self._stage(assignment)
        await asyncio.sleep(0)  # what was assigned is launched before anything of it is written down
        await self._preemptions.tell(decisions.preemptions)
        if later:
            self.woken.set()
        self._journal.decided(reading, made)
        if is_whole and self._behind:
            now_at = time.monotonic()
            pause = (now_at - began_at) / _WHOLE_QUEUE_PART
            self._whole_queue_at = now_at + max(_WHOLE_QUEUE_EVERY_S, pause)
        self.last = PassSummary(
            decided_at=made.decided_at,
            pending=len(self._known.jobs) + behind,
            assigned=len(now),
            duration_us=made.duration_us,
        )

    async def _refuse(self, unreadable: Mapping[UUID, str]) -> None:
        """End jobs that no pass can read, rather than have them in the way of all others."""
        log.error("jobs_unreadable", jobs={str(job_id): reason for job_id, reason in unreadable.items()})
        errors = dict.fromkeys(unreadable, _UNREADABLE)
        try:
            await self._database.run(
                lambda session: end_waiting(session, errors, cause=Cause.PLATFORM_ERROR), idempotent=True
            )
        except DatabaseUnavailable as error:  # the next pass finds them again
            log.warning("jobs_not_refused", obstacle=error.obstacle)

    def _note_queue(self, read: int, *, is_whole: bool) -> None:
        if is_whole:
            self._behind = max(0, read - _HEAD_OF_QUEUE)
            self._whole_queue_at = time.monotonic() + _WHOLE_QUEUE_EVERY_S if self._behind else 0.0
        elif read < _HEAD_OF_QUEUE:
            self._behind, self._whole_queue_at = 0, 0.0

    def _completed(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what the database cannot say of machines, and what was read of users before."""
        nodes = self._nodes()

        def seen(candidate: Candidate) -> Candidate:
            is_reachable = candidate.type is not ProviderType.RAY or candidate.worker_id in nodes
            return candidate if is_reachable else replace(candidate, reachable=False)

        return replace(
            snapshot,
            providers=tuple(map(seen, snapshot.providers)),
            consumers=tuple(map(self._usage.told, snapshot.consumers)),
        )

    def _take_in(self, snapshot: Snapshot) -> None:
        for delta in changes(self._known, snapshot):
            self._engine.apply(delta)
        self._known = snapshot
        self._members = frozenset(c.provider_id for c in snapshot.providers if c.type is ProviderType.RAY)

    async def _carry_out(self, assignments: Sequence[Assignment]) -> None:
        """Assign them all in one transaction, and launch what was assigned, each for itself."""
        specs, jobs = await self._assign(assignments), _by_job(assignments)
        if specs is None and len(jobs) > 1:
            # One of them is refused. By itself it takes nobody along but the other workers of its gang.
            for job in jobs:
                self._launch(await self._assign(job) or [], job)
            return
        self._launch(specs or [], assignments)

    async def _stage(self, assignment: Assignment) -> None:
        """Have a machine stand by."""
        try:
            async with self._database.transaction() as session:
                spec = await standby.stage(
                    session, assignment, policy=self._settings.market, secret=self._settings.secret
                )
        except (AssignmentRefused, DatabaseUnavailable) as error:  # as in `_assign`
            log.warning("standby_refused", job=str(assignment.job_id), obstacle=error.obstacle)
            return
        self._launch([spec] if spec is not None else [], [assignment])

    async def _assign(self, assignments: Sequence[Assignment]) -> list[AttemptSpec] | None:
        if not assignments:
            return []
        try:
            async with self._database.transaction() as session:
                return await attempts.assign_all(
                    session, assignments, policy=self._settings.market, secret=self._settings.secret
                )
        except (AssignmentRefused, DatabaseUnavailable) as error:
            # The next pass decides again, on what is true then. Where they were assigned after all, since only the
            # answer to the commit was lost, the reconciler finds and launches them.
            log.warning("assignment_refused", jobs=[str(one.job_id) for one in assignments], obstacle=error.obstacle)
            return None

    def _launch(self, specs: Sequence[AttemptSpec], assignments: Sequence[Assignment]) -> None:
        by_worker = {(assignment.job_id, assignment.rank): assignment for assignment in assignments}
        for spec in specs:
            assignment = by_worker[spec.job_id, spec.rank]
            log.info(
                "job_assigned",
                job_id=str(spec.job_id),
                rank=spec.rank,
                is_standby=assignment.is_standby,
                attempt_id=str(spec.attempt_id),
                worker_id=assignment.worker_id,
                price_per_hour=assignment.price_per_hour,
            )
            if assignment.provider_id in self._members:
                self._handover.begin(assignment.worker_id, spec, provider_id=assignment.provider_id)


def _by_job(assignments: Sequence[Assignment]) -> list[list[Assignment]]:
    return [list(workers) for _, workers in itertools.groupby(assignments, key=lambda one: one.job_id)]


def _first_jobs(assignments: Sequence[Assignment]) -> tuple[list[Assignment], bool]:
    """As many as one pass carries out, no gang in parts, and whether there are more."""
    first: list[Assignment] = []
    for workers in _by_job(assignments):
        if first and len(first) + len(workers) > _PER_PASS:
            return first, True
        first += workers
    return first, False
