"""The machines of the simulation, kept in plain Python beside what the engine believes of them."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from benchmarks.cluster.errors import DecisionWrong
from benchmarks.placement.ours import candidates
from benchmarks.placement.trace import WHOLE_GPU_MILLI, Node
from qubix_platform.placement.model import Assignment, Candidate, PendingJob


class Machines:
    """What is taken of each machine. They cost the same, QU per hour and GPU."""

    def __init__(self, nodes: Sequence[Node], *, price_per_hour: int = 0) -> None:
        offered = candidates(nodes, price_per_hour=price_per_hour)
        self.candidates: dict[UUID, Candidate] = {one.provider_id: one for one in offered}

    def take(self, job: PendingJob, assignment: Assignment) -> Candidate:
        """Book a job; the machine as it is then.

        Raises:
            DecisionWrong: there is no room for it.
        """
        machine = self._moved(job, assignment, sign=1)
        are_right = len({share.gpu_id for share in assignment.gpus}) == len(assignment.gpus) == job.request.gpu_count
        fits = (
            are_right
            and machine.allocated_cpu <= machine.cpu_cores
            and machine.allocated_memory_mib <= machine.ram_mib
            and machine.allocated_disk_mib <= machine.disk_mib
            and all(gpu.allocated_milli <= WHOLE_GPU_MILLI for gpu in machine.gpus)
            and (not job.request.gpu_models or {gpu.model for gpu in machine.gpus} <= set(job.request.gpu_models))
        )
        if not fits:
            raise DecisionWrong(
                asked=f"Starting job {job.id} on {assignment.worker_id}",
                obstacle="the machine has no room for it",
                remedy="The engine is at fault; the figures of this run say nothing.",
            )
        return machine

    def give_back(self, job: PendingJob, assignment: Assignment) -> Candidate:
        """A job has ended; the machine as it is then."""
        return self._moved(job, assignment, sign=-1)

    def _moved(self, job: PendingJob, assignment: Assignment, *, sign: int) -> Candidate:
        shares = {share.gpu_id: sign * share.milli for share in assignment.gpus}
        machine = self.candidates[assignment.provider_id]
        moved = replace(
            machine,
            allocated_cpu=machine.allocated_cpu + sign * job.request.cpu_cores,
            allocated_memory_mib=machine.allocated_memory_mib + sign * job.request.memory_mib,
            allocated_disk_mib=machine.allocated_disk_mib + sign * job.request.disk_mib,
            gpus=tuple(
                replace(gpu, allocated_milli=gpu.allocated_milli + shares[gpu.id]) if gpu.id in shares else gpu
                for gpu in machine.gpus
            ),
        )
        self.candidates[assignment.provider_id] = moved
        return moved
