"""Every placement held against the rules of the trace, in plain Python that shares nothing with any contender."""

from collections.abc import Sequence

from benchmarks.placement.contender import Place
from benchmarks.placement.errors import PlacementWrong
from benchmarks.placement.trace import WHOLE_GPU_MILLI, Node, Pod


def verify(nodes: Sequence[Node], arrivals: Sequence[Pod], places: Sequence[Place | None]) -> None:
    """Go through the arrivals again.

    Raises:
        PlacementWrong: a machine holds more than it has, a pod is on a model that it does not run on or has other GPUs
            than it asked for, or a pod was refused that would have fit.
    """
    if len(places) != len(arrivals):
        raise _wrong(len(places), "there is no answer to it")
    free = {node.name: _Free(node) for node in nodes}
    hopeless: set[Pod] = set()  # nothing ever leaves: who has found no room finds none later
    for arrival, (pod, place) in enumerate(zip(arrivals, places, strict=True)):
        if place is None:
            if pod not in hopeless and any(machine.has_room(pod) for machine in free.values()):
                raise _wrong(arrival, "it was refused, and would have fit")
            hopeless.add(pod)
        elif place.node not in free or not free[place.node].take(pod, place.gpus):
            raise _wrong(arrival, f"it does not fit on GPUs {list(place.gpus)} of {place.node}")


class _Free:
    """What is free of a machine."""

    def __init__(self, node: Node) -> None:
        self._model = node.model
        self._cpu = node.cpu_milli
        self._memory = node.memory_mib
        self._gpus = [WHOLE_GPU_MILLI] * node.gpus

    def has_room(self, pod: Pod) -> bool:
        return (
            pod.cpu_milli <= self._cpu
            and pod.memory_mib <= self._memory
            and (not pod.gpus or not pod.models or self._model in pod.models)
            and sum(left >= pod.gpu_milli for left in self._gpus) >= pod.gpus
        )

    def take(self, pod: Pod, gpus: tuple[int, ...]) -> bool:
        are_right = len(set(gpus)) == len(gpus) == pod.gpus and all(0 <= gpu < len(self._gpus) for gpu in gpus)
        if not are_right or not self.has_room(pod) or any(self._gpus[gpu] < pod.gpu_milli for gpu in gpus):
            return False
        self._cpu -= pod.cpu_milli
        self._memory -= pod.memory_mib
        for gpu in gpus:
            self._gpus[gpu] -= pod.gpu_milli
        return True


def _wrong(arrival: int, obstacle: str) -> PlacementWrong:
    return PlacementWrong(
        asked=f"Checking the placement of arrival {arrival}",
        obstacle=obstacle,
        remedy="The contender is at fault; its figures say nothing.",
    )
