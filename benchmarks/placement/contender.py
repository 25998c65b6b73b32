"""Who can be asked to place pods one after the other."""

from typing import NamedTuple, Protocol

from benchmarks.placement.trace import Pod


class Place(NamedTuple):
    """A machine by name, and the indices of its GPUs."""

    node: str
    gpus: tuple[int, ...]


class Contender(Protocol):
    """A way to place pods. It knows the machines, the pods to expect, and what it has placed itself."""

    def place(self, pod: Pod) -> Place | None:
        """Where the pod goes, or nothing where it finds no room."""
