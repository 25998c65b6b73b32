"""Finding the place in the kernel's cgroup tree where this agent may make cgroups for jobs."""

import contextlib
import functools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from qubix_agent.sandbox.cgroup import Cgroup, CgroupV1, CgroupV2

_V2_CONTROLLERS: Final = frozenset({"memory", "pids", "cpu"})
_V1_CONTROLLERS: Final = ("memory", "pids", "cpu", "cpuacct")
_OWN_LEAF: Final = "qubix-agent"


class Hierarchy(Protocol):
    """A place for cgroups of jobs."""

    def cgroup(self, name: str) -> Cgroup:
        """The cgroup of this name there, not yet made."""
        ...


@dataclass(frozen=True, slots=True)
class UnifiedHierarchy:
    """cgroup v2: below one folder that hands the controllers down."""

    parent: Path

    def cgroup(self, name: str) -> Cgroup:
        """See `Hierarchy`."""
        return CgroupV2([self.parent / name])


@dataclass(frozen=True, slots=True)
class ControllerHierarchies:
    """cgroup v1: at the root of each controller's mount, which inside a container is the container's own cgroup."""

    memory: Path
    pids: Path
    cpu: Path
    cpuacct: Path

    def cgroup(self, name: str) -> Cgroup:
        """See `Hierarchy`."""
        return CgroupV1(
            memory=self.memory / name, pids=self.pids / name, cpu=self.cpu / name, cpuacct=self.cpuacct / name
        )


@functools.cache
def find_hierarchy() -> Hierarchy | None:
    """Where jobs' cgroups can be made, or None where the machine offers none to this user."""
    for candidate in (_unified(), _controllers()):
        if candidate is not None and _is_usable(candidate):
            return candidate
    return None


def _is_usable(hierarchy: Hierarchy) -> bool:
    trial = hierarchy.cgroup(f"qubix-trial-{os.getpid()}")
    try:
        trial.make()
    except OSError:
        return False
    finally:
        trial.remove()
    return True


def _unified() -> Hierarchy | None:
    mounts = [point for kind, point, _ in _cgroup_mounts() if kind == "cgroup2"]
    own = next(
        (line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")), None
    )
    if not mounts or own is None:
        return None
    root = mounts[0]
    folder = root / own.lstrip("/")
    for candidate in (folder, *folder.parents):
        if _hands_down(candidate) and os.access(candidate, os.W_OK):
            return UnifiedHierarchy(candidate)
        if candidate == root:
            break
    return UnifiedHierarchy(folder) if _delegate(folder) else None


def _hands_down(folder: Path) -> bool:
    with contextlib.suppress(OSError):  # not a cgroup that we may look into
        return _V2_CONTROLLERS.issubset((folder / "cgroup.subtree_control").read_text().split())
    return False


def _delegate(folder: Path) -> bool:
    """Hand the controllers down from our own cgroup, once its processes have moved to a leaf of it.

    That is what the kernel asks for ("no internal processes") and what a unit with `Delegate=yes` is meant for.
    """
    with contextlib.suppress(OSError):  # not delegated to us: then there is no cgroup to be had here
        if not _V2_CONTROLLERS.issubset((folder / "cgroup.controllers").read_text().split()):
            return False
        leaf = folder / _OWN_LEAF
        leaf.mkdir(exist_ok=True)
        for pid in (folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):  # it ended meanwhile
                (leaf / "cgroup.procs").write_text(pid)
        wanted = " ".join(f"+{controller}" for controller in sorted(_V2_CONTROLLERS))
        (folder / "cgroup.subtree_control").write_text(wanted)
        return True
    return False


def _controllers() -> Hierarchy | None:
    found: dict[str, Path] = {}
    for kind, point, options in _cgroup_mounts():
        if kind == "cgroup":
            found |= {option: point for option in options if option in _V1_CONTROLLERS}
    if set(found) != set(_V1_CONTROLLERS):
        return None
    return ControllerHierarchies(**found)


def _cgroup_mounts() -> list[tuple[str, Path, list[str]]]:
    mounts = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ", 1)
        kind, _, options = after.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            mounts.append((kind, Path(before.split(" ")[4]), options.split(",")))
    return mounts
