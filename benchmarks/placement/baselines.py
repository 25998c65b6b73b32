"""First-fit, best-fit and FGD ("Beware of Fragmentation", ATC'23), written from their descriptions.

All three try machines by name, and the first of equals wins. FGD takes the machine whose expected fragmentation grows
least, by a rating in whole numbers from 0 to 100, as its authors' simulator has it.
"""

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from benchmarks.placement.contender import Place
from benchmarks.placement.trace import WHOLE_GPU_MILLI, Node, Pod

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

_UNFIT: Final = -1e18


class Rule(IntEnum):
    """How a machine is chosen among those with room."""

    FIRST_FIT = 0
    BEST_FIT = 1
    FGD = 2


class _Cluster(NamedTuple):
    cpu: Integers
    memory: Integers
    left: Integers  # a row a machine; -1 where there is no card
    model: Integers
    most: Integers  # the most processors and GPU thousandths of any machine


class _Typical(NamedTuple):
    cpu: Integers
    gpus: Integers
    milli: Integers
    runs: npt.NDArray[np.bool_]  # on which models
    weight: Reals


class _Asked(NamedTuple):
    cpu: int
    memory: int
    gpus: int
    milli: int
    runs: npt.NDArray[np.bool_]  # on which models


class _Kept(NamedTuple):
    score: Reals
    card: Integers


class Baseline:
    """One of the rules, on machines that start empty."""

    def __init__(self, nodes: Sequence[Node], pods: Sequence[Pod], rule: Rule) -> None:
        ranked = sorted(nodes, key=lambda node: node.name)
        self._names = [node.name for node in ranked]
        self._rule = rule
        self._models = {model: code for code, model in enumerate(sorted({node.model for node in nodes}))}
        left = np.full((len(ranked), max((node.gpus for node in ranked), default=0)), -1, np.int64)
        for row, node in enumerate(ranked):
            left[row, : node.gpus] = WHOLE_GPU_MILLI
        self._cluster = _Cluster(
            cpu=np.array([node.cpu_milli for node in ranked], np.int64),
            memory=np.array([node.memory_mib for node in ranked], np.int64),
            left=left,
            model=np.array([self._models[node.model] for node in ranked], np.int64),
            most=np.array(
                [max(n.cpu_milli for n in ranked), max(1, *(n.gpus for n in ranked)) * WHOLE_GPU_MILLI], np.int64
            ),
        )
        self._typical = self._typical_of(pods)
        self._kept: dict[Pod, tuple[_Asked, _Kept, int]] = {}
        self._changes: list[int] = []

    def place(self, pod: Pod) -> Place | None:
        """Where the pod goes by the rule, or nothing where there is no room."""
        known = self._kept.get(pod)
        if known is None:
            kept = _Kept(np.full(len(self._names), _UNFIT), np.full(len(self._names), -1, np.int64))
            asked, rows = self._asked(pod), np.arange(len(self._names))
        else:
            asked, kept, seen = known
            rows = np.array(sorted(set(self._changes[seen:])), np.int64)
        _rescore((int(self._rule), rows), asked, self._cluster, self._typical, kept)
        self._kept[pod] = asked, kept, len(self._changes)
        row = int(np.argmax(kept.score))
        if kept.score[row] == _UNFIT:
            return None
        left = self._cluster.left[row]
        whole = np.flatnonzero(left == WHOLE_GPU_MILLI)[: pod.gpus]
        cards = whole if pod.gpu_milli == WHOLE_GPU_MILLI or not pod.gpus else kept.card[row : row + 1]
        left[cards] -= pod.gpu_milli if pod.gpus else 0
        self._cluster.cpu[row] -= pod.cpu_milli
        self._cluster.memory[row] -= pod.memory_mib
        self._changes.append(row)
        return Place(self._names[row], tuple(cards.tolist()))

    def _asked(self, pod: Pod) -> _Asked:
        runs = [not pod.models or not pod.gpus or model in pod.models for model in self._models]
        return _Asked(pod.cpu_milli, pod.memory_mib, pod.gpus, pod.gpu_milli, np.array(runs, bool))

    def _typical_of(self, pods: Sequence[Pod]) -> _Typical:
        counted = Counter((pod.cpu_milli, pod.gpus, pod.gpu_milli, pod.models) for pod in pods if pod.gpus)
        kinds = sorted(counted)
        runs = [[not models or model in models for model in self._models] for _, _, _, models in kinds]
        return _Typical(
            cpu=np.array([kind[0] for kind in kinds], np.int64),
            gpus=np.array([kind[1] for kind in kinds], np.int64),
            milli=np.array([kind[2] for kind in kinds], np.int64),
            runs=np.array(runs, bool).reshape(len(kinds), len(self._models)),
            weight=np.array([counted[kind] / len(pods) for kind in kinds], np.float64),
        )


def _compiled(function: Any) -> Any:
    return numba.njit(cache=True)(function)


@_compiled
def _fragmentation(left: Integers, cpu: int, model: int, typical: _Typical) -> float:
    """The paper's F: for each typical pod all that is free where it does not fit, else the cards too small for it."""
    total, largest, whole = 0, 0, 0
    for free in left:
        if free > 0:
            total += free
            largest = max(largest, free)
            whole += free == WHOLE_GPU_MILLI
    fragments = float(total)
    for kind in range(len(typical.cpu)):
        milli = typical.milli[kind]
        if typical.cpu[kind] > cpu or not typical.runs[kind, model] or milli > largest:
            continue
        if milli == WHOLE_GPU_MILLI and typical.gpus[kind] > whole:
            continue
        usable = 0
        for free in left:
            if free >= milli:
                usable += free
        fragments -= typical.weight[kind] * usable
    return fragments


@_compiled
def _rating(before: float, left: Integers, cpu: int, model: int, typical: _Typical) -> float:
    growth = _fragmentation(left, cpu, model, typical) - before
    return float(np.floor(100.0 / (1.0 + np.exp(growth / WHOLE_GPU_MILLI))))


@_compiled
def _best_card(rule: int, left: Integers, what: tuple[float, int, int, int], typical: _Typical) -> tuple[float, int]:
    """The card for a share: the fullest with room, or the one that FGD rates best."""
    before, milli, cpu, model = what
    best, chosen = _UNFIT, -1
    for card in range(len(left)):
        free = left[card]
        if free < milli:
            continue
        rating = -float(free)
        if rule == Rule.FGD:
            left[card] = free - milli
            rating = _rating(before, left, cpu, model, typical)
            left[card] = free
        if rating > best:
            best, chosen = rating, card
    return best, chosen


@_compiled
def _take_whole(left: Integers, gpus: int) -> bool:
    for card in range(len(left)):
        if gpus > 0 and left[card] == WHOLE_GPU_MILLI:
            left[card] = 0
            gpus -= 1
    return gpus == 0


@_compiled
def _score(rule: int, row: int, asked: _Asked, cluster: _Cluster, typical: _Typical) -> tuple[float, int]:
    """How well the rule likes a machine, and the card for a share; `_UNFIT` where there is no room."""
    cpu, gpus, milli, model = cluster.cpu[row] - asked.cpu, asked.gpus, asked.milli, cluster.model[row]
    if cpu < 0 or cluster.memory[row] < asked.memory:
        return _UNFIT, -1
    left = cluster.left[row].copy()
    before = _fragmentation(left, cluster.cpu[row], model, typical) if rule == Rule.FGD else 0.0
    chosen = -1
    if gpus == 1 and milli < WHOLE_GPU_MILLI:
        best, chosen = _best_card(rule, left, (before, milli, cpu, model), typical)
        if chosen == -1 or rule == Rule.FGD:
            return best, chosen
        left[chosen] -= milli
    elif not _take_whole(left, gpus):
        return _UNFIT, -1
    if rule == Rule.FGD:
        return _rating(before, left, cpu, model, typical), chosen
    if rule == Rule.FIRST_FIT:
        return 0.0, chosen
    free = 0
    for card in left:
        free += max(card, 0)
    return -(cpu / cluster.most[0] + free / cluster.most[1]), chosen


@_compiled
def _rescore(what: tuple[int, Integers], asked: _Asked, cluster: _Cluster, typical: _Typical, kept: _Kept) -> None:
    rule, rows = what
    for row in rows:
        kept.score[row] = _UNFIT
        if asked.runs[cluster.model[row]]:
            score, card = _score(rule, row, asked, cluster, typical)
            kept.score[row] = score
            kept.card[row] = card
