"""The openb trace: machines, the pods that are expected on them, and the order in which they arrive."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.placement.errors import TraceUnreadable

WHOLE_GPU_MILLI: Final = 1000
_BESIDE: Final = Path(__file__).resolve().parents[2].parent / "shared" / "openb"


@dataclass(frozen=True, slots=True)
class Node:
    """A machine: processors in thousandths of a core, memory in MiB, and its GPUs, all of one model."""

    name: str
    cpu_milli: int
    memory_mib: int
    gpus: int
    model: str


@dataclass(frozen=True, slots=True)
class Pod:
    """A request: of one GPU `gpu_milli` thousandths, of several whole ones. No `models`: any will do."""

    cpu_milli: int
    memory_mib: int
    gpus: int
    gpu_milli: int
    models: tuple[str, ...]

    @property
    def milli(self) -> int:
        """What it takes of GPUs altogether, in thousandths of one."""
        return self.gpus * self.gpu_milli


def folder() -> Path:
    """Where the trace's files are: `QUBIX_OPENB`, or `shared/openb` beside the project."""
    return Path(os.environ["QUBIX_OPENB"]) if "QUBIX_OPENB" in os.environ else _BESIDE


def read_nodes(path: Path) -> list[Node]:
    """The machines of a file, in its order; those without a GPU too.

    Raises:
        TraceUnreadable: there is no such file, or it is not a list of nodes.
    """
    return [
        Node(
            name=row["sn"],
            cpu_milli=int(row["cpu_milli"]),
            memory_mib=int(row["memory_mib"]),
            gpus=int(row["gpu"]),
            model=row.get("model") or "",
        )
        for row in read_rows(path, {"sn", "cpu_milli", "memory_mib", "gpu"})
    ]


def read_pods(path: Path) -> dict[str, Pod]:
    """The pods of a file by name. `gpu_spec` may be missing.

    Raises:
        TraceUnreadable: there is no such file, or it is not a list of pods.
    """
    return {
        row["name"]: pod_of(row) for row in read_rows(path, {"name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"})
    }


def read_arrivals(path: Path) -> list[str]:
    """Names of pods in the order in which they arrive, maybe repeated.

    Raises:
        TraceUnreadable: there is no such file, or it has no column `pod`.
    """
    return [row["pod"] for row in read_rows(path, {"pod"})]


def capacity(nodes: Iterable[Node]) -> int:
    """All GPUs, in thousandths."""
    return sum(node.gpus for node in nodes) * WHOLE_GPU_MILLI


def draw_arrivals(pods: Sequence[Pod], *, capacity_milli: int, until: float, seed: int) -> list[Pod]:
    """The pods in a random order, then more of them drawn uniformly, until they ask for `until` times the capacity."""
    random = Random(seed)
    arrivals = random.sample(pods, len(pods))
    asked = sum(pod.milli for pod in arrivals)
    while asked < until * capacity_milli:
        arrivals.append(random.choice(pods))
        asked += arrivals[-1].milli
    return arrivals


def permuted(nodes: Sequence[Node], *, seed: int) -> list[Node]:
    """The same machines in another order and under each other's names."""
    random = Random(seed)
    names = random.sample([node.name for node in nodes], len(nodes))
    return [
        Node(name, node.cpu_milli, node.memory_mib, node.gpus, node.model)
        for name, node in zip(names, random.sample(nodes, len(nodes)), strict=True)
    ]


def pod_of(row: dict[str, str]) -> Pod:
    """The pod of a row."""
    gpus = int(row["num_gpu"])
    return Pod(
        cpu_milli=int(row["cpu_milli"]),
        memory_mib=int(row["memory_mib"]),
        gpus=gpus,
        gpu_milli=int(row["gpu_milli"]) if gpus == 1 else WHOLE_GPU_MILLI,
        models=tuple(sorted({model for model in (row.get("gpu_spec") or "").split("|") if model})),
    )


def read_rows(path: Path, columns: set[str]) -> list[dict[str, str]]:
    """The rows of a file that has at least these columns.

    Raises:
        TraceUnreadable: there is no such file, or a column is missing.
    """
    if not path.is_file():
        raise TraceUnreadable(
            asked=f"Reading {path}",
            obstacle="there is no such file",
            remedy="The trace is not part of the project. Name the folder of its files in QUBIX_OPENB.",
        )
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        missing = columns - set(reader.fieldnames or ())
        if missing:
            raise TraceUnreadable(
                asked=f"Reading {path}",
                obstacle=f"it has no column {', '.join(sorted(missing))}",
                remedy="Give the files as the openb trace has them: nodes, pods, and arrivals with a column pod.",
            )
        return list(reader)
