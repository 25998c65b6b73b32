"""Everybody whose placements are compared."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from benchmarks.placement.baselines import Baseline, Rule
from benchmarks.placement.contender import Contender
from benchmarks.placement.measure import Run, run
from benchmarks.placement.ours import Ours
from benchmarks.placement.passes import Passes
from benchmarks.placement.trace import Node, Pod

OURS: Final = "QUBIX"
FIRST_FIT: Final = "first-fit"
FGD: Final = "FGD"
CONTENDERS: Final[Mapping[str, Callable[[Sequence[Node], Sequence[Pod]], Contender]]] = {
    FIRST_FIT: lambda nodes, pods: Baseline(nodes, pods, Rule.FIRST_FIT),
    "best-fit": lambda nodes, pods: Baseline(nodes, pods, Rule.BEST_FIT),
    FGD: lambda nodes, pods: Baseline(nodes, pods, Rule.FGD),
    OURS: Ours,
}
PASSES: Final[Mapping[str, int]] = {f"{OURS}, a pass for each": 1, f"{OURS}, passes of 100": 100}
"""How many pods each of the scheduler's passes decides on."""
EVERYBODY: Final = (*CONTENDERS, *PASSES)


def run_of(name: str, nodes: Sequence[Node], pods: Sequence[Pod], arrivals: Sequence[Pod]) -> Run:
    """What one of everybody does with the arrivals, on machines that start empty.

    Args:
        name: whose turn it is.
        nodes: the machines.
        pods: the expected mix.
        arrivals: in their order.
    """
    if name in PASSES:
        return Passes(nodes, pods).run(arrivals, size=PASSES[name])
    return run(CONTENDERS[name](nodes, pods), arrivals)
