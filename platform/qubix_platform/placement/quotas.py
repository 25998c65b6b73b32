"""Why jobs wait whose users have as many GPUs as they may, and what would let them start all the same."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.backfill import Keeping
from qubix_platform.placement.constraints import ConstraintName
from qubix_platform.placement.gangs import places_for
from qubix_platform.placement.model import Consumer, PendingJob
from qubix_platform.placement.ordering.queue import Queue
from qubix_platform.placement.placing import Placing, Shape
from qubix_platform.placement.reasons import quota_report
from qubix_platform.placement.suggestions import Suggestion
from qubix_platform.placement.tightening import describe


class BeyondQuota:
    """Reports for jobs that were passed over for their users' quotas, after all placements of a pass.

    Args:
        placing: the pass.
        keeping: what is kept in it.
        queue: the order that it went by.
        consumers: those with quotas.
    """

    def __init__(self, placing: Placing, keeping: Keeping, queue: Queue, consumers: Iterable[Consumer]) -> None:
        self._placing = placing
        self._keeping = keeping
        self._queue = queue
        self._quotas = {one.user_id: one.max_gpus for one in consumers if one.max_gpus is not None}
        self._fewer: dict[tuple[Shape, int], Suggestion | None] = {}

    def reports(self) -> dict[UUID, WaitingReport]:
        """Why each of them waits."""
        found = {job.id: self.report(job) for job in self._queue.beyond_quota}
        self._keeping.show_all()
        return found

    def report(self, job: PendingJob) -> WaitingReport:
        """Why one of them waits."""
        quota = self._quotas[job.request.user_id]
        left = quota * WHOLE_GPU_MILLI - self._queue.gpu_milli(job.request.user_id)
        key = self._placing.shape(job), left
        if key not in self._fewer:
            self._fewer[key] = self._with_fewer(job, left)
        return quota_report(job, considered=len(self._placing.table), quota=quota, fewer=self._fewer[key])

    def _with_fewer(self, job: PendingJob, left_milli: int) -> Suggestion | None:
        """The job with as many GPUs as the quota leaves, where it could start with them now."""
        request = job.request
        count = left_milli // (request.gpu_share_milli * job.workers)
        if not 0 < count < request.gpu_count:
            return None
        fewer = replace(request, gpu_count=count)
        self._keeping.show(job)
        matching, room = self._placing.matching(replace(job, request=fewer)), self._placing.room
        if places_for(matching, room, most=job.workers) < job.workers:
            return None
        return Suggestion(
            request=fewer,
            changes=(describe(ConstraintName.GPU_COUNT, request, fewer),),
            fitting=len(matching.rows),
            free=len(matching.free_rows(room)),
        )
