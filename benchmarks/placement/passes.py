"""The engine as the scheduler drives it: changes in, a pass over the pods that wait, its decisions carried out."""

import time
from collections.abc import Iterable, Sequence
from uuid import UUID

from benchmarks.cluster.machines import Machines
from benchmarks.placement.contender import Place
from benchmarks.placement.measure import Run
from benchmarks.placement.ours import NOW, USER, policy_for, request_of
from benchmarks.placement.trace import Node, Pod
from qubix_platform.placement.engine import (
    AttemptStarted,
    ConsumersChanged,
    Engine,
    JobGone,
    JobQueued,
    ProviderChanged,
)
from qubix_platform.placement.model import Assignment, Consumer, PendingJob, Request, Running

_LIMIT_S = 30 * 24 * 3600


class Passes:
    """`Engine.decide` with the scheduler's policy, pass after pass. Who finds no room waits no longer than a pass.

    Args:
        nodes: the machines.
        pods: the expected mix.
    """

    def __init__(self, nodes: Sequence[Node], pods: Iterable[Pod]) -> None:
        self._engine = Engine()
        self._policy = policy_for(pods)
        self._machines = Machines(nodes)
        self._requests: dict[Pod, Request] = {}
        self._came = 0
        for machine in self._machines.candidates.values():
            self._engine.apply(ProviderChanged(machine))
        self._engine.apply(ConsumersChanged((Consumer(user_id=USER),)))

    def run(self, arrivals: Sequence[Pod], *, size: int) -> Run:
        """Place the arrivals, `size` of them a pass. The seconds are those of the passes: `apply` and `decide`.

        Raises:
            DecisionWrong: the engine gave away what was not there.
        """
        places: list[Place | None] = []
        seconds: list[float] = []
        for first in range(0, len(arrivals), size):
            found, took = self._pass(arrivals[first : first + size])
            places += found
            seconds.append(took)
        return Run(places=places, seconds=seconds)

    def _pass(self, pods: Sequence[Pod]) -> tuple[list[Place | None], float]:
        jobs = [self._job(pod) for pod in pods]
        began = time.thread_time()
        for job in jobs:
            self._engine.apply(JobQueued(job))
        assignments = self._engine.decide(NOW, self._policy).assignments
        decided = time.thread_time()
        given = {assignment.job_id: assignment for assignment in assignments}
        machines = {one.provider_id: one for one in (self._machines.take(*each) for each in _pairs(jobs, given))}
        started = [_running(*each) for each in _pairs(jobs, given)]
        carried_out = time.thread_time()
        for job in jobs:
            self._engine.apply(JobGone(job.id))
        for machine in machines.values():
            self._engine.apply(ProviderChanged(machine))
        for attempt in started:
            self._engine.apply(AttemptStarted(attempt))
        took = decided - began + time.thread_time() - carried_out
        return [_place(given.get(job.id)) for job in jobs], took

    def _job(self, pod: Pod) -> PendingJob:
        request = self._requests.get(pod)
        if request is None:
            request = self._requests[pod] = request_of(pod)
        self._came += 1
        return PendingJob(id=UUID(int=self._came), queued_at=NOW, request=request, limit_seconds=_LIMIT_S)


def _pairs(jobs: Iterable[PendingJob], given: dict[UUID, Assignment]) -> list[tuple[PendingJob, Assignment]]:
    return [(job, given[job.id]) for job in jobs if job.id in given]


def _place(assignment: Assignment | None) -> Place | None:
    return None if assignment is None else Place(assignment.worker_id, tuple(gpu.index for gpu in assignment.gpus))


def _running(job: PendingJob, assignment: Assignment) -> Running:
    return Running(
        attempt_id=job.id,
        job_id=job.id,
        user_id=job.request.user_id,
        provider_id=assignment.provider_id,
        cpu_cores=job.request.cpu_cores,
        memory_mib=job.request.memory_mib,
        disk_mib=job.request.disk_mib,
        limit_seconds=job.limit_seconds,
        started_at=NOW,
        shares=tuple((share.gpu_id, share.milli) for share in assignment.gpus),
        price_per_hour=assignment.price_per_hour,
    )
