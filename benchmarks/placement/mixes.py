"""Other mixes of the trace's pods: more shares, more large jobs."""

from collections.abc import Sequence
from enum import StrEnum
from random import Random
from typing import Final

from benchmarks.placement.trace import WHOLE_GPU_MILLI, Pod

_SEED: Final = 0
_LARGE_PART: Final = 0.5


class Mix(StrEnum):
    """What is made of a list of pods."""

    AS_IS = "as it is"
    SHARES = "shares only"
    """Of the pods with GPUs those that ask for a share of one."""
    LARGE = "half on several GPUs"
    """Pods on several GPUs are drawn again until they ask for half of all GPUs."""


def mixed(pods: Sequence[Pod], mix: Mix) -> list[Pod]:
    """The pods of a mix."""
    if mix is Mix.SHARES:
        return [pod for pod in pods if not pod.gpus or pod.gpu_milli < WHOLE_GPU_MILLI]
    if mix is Mix.LARGE:
        return _with_large(pods)
    return list(pods)


def _with_large(pods: Sequence[Pod]) -> list[Pod]:
    random = Random(_SEED)
    large = [pod for pod in pods if pod.gpus > 1]
    others = [pod for pod in pods if pod.gpus <= 1]
    wanted = sum(pod.milli for pod in others) * _LARGE_PART / (1 - _LARGE_PART)
    found: list[Pod] = []
    while sum(pod.milli for pod in found) < wanted:
        found.append(random.choice(large))
    return others + found
