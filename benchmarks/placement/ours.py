"""The platform's own placement: one market of equal prices, one job after the other."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from benchmarks.placement.contender import Place
from benchmarks.placement.trace import WHOLE_GPU_MILLI, Node, Pod
from qubix.schemas.states import IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.placement.mix import Expected
from qubix_platform.placement.model import Candidate, GpuState, PendingJob, Policy, Request
from qubix_platform.placement.offers import OfferTable, microseconds
from qubix_platform.placement.placing import Placing
from qubix_platform.placement.policy import SCHEDULERS_POLICY

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
USER: Final = UUID(int=1)
# The engine compares numbers and knows no unit: thousandths of cores stand where it has cores.


class Ours:
    """The placing that the engine's passes are made of. What `passes` decides is the same."""

    def __init__(self, nodes: Sequence[Node], pods: Iterable[Pod]) -> None:
        self._placing = Placing(OfferTable(candidates(nodes)), at=microseconds(NOW), policy=policy_for(pods))
        self._requests: dict[Pod, Request] = {}
        self._arrived = 0

    def place(self, pod: Pod) -> Place | None:
        """Where the pod goes, or nothing where there is no room."""
        request = self._requests.get(pod)
        if request is None:
            request = self._requests[pod] = request_of(pod)
        self._arrived += 1
        found = self._placing.place(PendingJob(id=UUID(int=self._arrived), queued_at=NOW, request=request))
        if found is None:
            return None
        assigned = found.assignment()
        return Place(assigned.worker_id, tuple(share.index for share in assigned.gpus))


def policy_for(pods: Iterable[Pod]) -> Policy:
    """The scheduler's policy, with the pods as the expected mix."""
    return replace(SCHEDULERS_POLICY, mix=expected_mix(pods))


def candidates(nodes: Sequence[Node], *, price_per_hour: int = 0) -> list[Candidate]:
    """The machines as offers of one price, QU per hour and GPU."""
    ranked = sorted(nodes, key=lambda node: node.name)
    return [
        Candidate(
            provider_id=UUID(int=rank),
            worker_id=node.name,
            user_id=USER,
            type=ProviderType.RAY,
            trust=Trust.MEMBER,
            status=ProviderStatus.ONLINE,
            is_available=True,
            cpu_cores=node.cpu_milli,
            ram_mib=node.memory_mib,
            disk_mib=0,
            price_per_hour=price_per_hour,
            isolation_level=IsolationLevel.BWRAP,
            reliability=1.0,
            gpus=tuple(
                GpuState(id=rank * 1000 + index, index=index, model=node.model, vram_mib=0)
                for index in range(node.gpus)
            ),
        )
        for rank, node in enumerate(ranked, start=1)
    ]


def request_of(pod: Pod) -> Request:
    """The pod as a job's request."""
    return Request(
        user_id=USER,
        gpu_models=pod.models if pod.gpus else (),
        gpu_count=pod.gpus,
        gpu_share_milli=pod.gpu_milli if pod.gpus else WHOLE_GPU_MILLI,
        cpu_cores=pod.cpu_milli,
        memory_mib=pod.memory_mib,
        disk_mib=0,
    )


def expected_mix(pods: Iterable[Pod]) -> tuple[Expected, ...]:
    """The pods as what is expected, each as often as it stands in the list."""
    counted = Counter((pod.gpus, pod.gpu_milli, pod.models, max(pod.cpu_milli, 1)) for pod in pods)
    return tuple(
        Expected(
            weight=float(often),
            gpu_count=gpus,
            gpu_share_milli=milli if gpus else WHOLE_GPU_MILLI,
            gpu_models=models,
            cpu_cores=cpu,
        )
        for (gpus, milli, models, cpu), often in sorted(counted.items())
    )
