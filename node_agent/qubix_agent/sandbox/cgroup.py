"""Limits and accounts of one job's processes together: cgroup v2 where it is ours to use, else v1."""

import abc
import contextlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qubix_agent.sandbox.errors import SandboxFailed
from qubix_agent.sandbox.limits import Limits

_PERIOD_MICROSECONDS: Final = 100_000
_REMOVE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Account:
    """What a cgroup's processes use. CPU in seconds since its making, memory in bytes without the page cache."""

    cpu_seconds: float
    memory_bytes: int
    processes: int


class Cgroup(abc.ABC):
    """One job's cgroup, over one folder (v2) or one per controller (v1)."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders: tuple[Path, ...] = tuple(folders)

    def make(self) -> None:
        """Make its folders.

        Raises:
            OSError: the kernel or the mount refuses.
        """
        for folder in self.folders:
            folder.mkdir()

    def join(self, pid: int) -> None:
        """Move a process in. Costs about 12 ms, since the kernel waits for every core to notice."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(pid))

    def pids(self) -> list[int]:
        """The processes in it, as this namespace numbers them."""
        try:
            listed = [int(line) for line in (self.folders[0] / "cgroup.procs").read_text().split()]
        except FileNotFoundError:
            return []
        # 0 stands for a process that has no number here; a signal to it would go to all of our own group.
        return [pid for pid in listed if pid > 0]

    def kill(self) -> None:
        """Kill whatever is in it."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):  # it went by itself
                os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        """Kill what is left and remove the folders. Idempotent.

        Raises:
            SandboxFailed: processes outlive their SIGKILL, so they hang in the kernel.
        """
        deadline = time.monotonic() + _REMOVE_SECONDS
        for folder in self.folders:
            while not _removed(folder):
                if time.monotonic() > deadline:
                    raise SandboxFailed(
                        asked=f"Removing the cgroup {folder}",
                        obstacle=f"processes {self.pids()} do not die",
                        remedy="They hang in the kernel (a broken disk or driver); the machine may need a restart.",
                    )
                self.kill()
                time.sleep(0.002)

    @abc.abstractmethod
    def apply(self, limits: Limits) -> None:
        """Set the limits; may be called again."""

    @abc.abstractmethod
    def oom_kills(self) -> int:
        """How often the kernel killed a process of it for lack of memory."""

    @abc.abstractmethod
    def account(self) -> Account:
        """What it uses now."""

    @abc.abstractmethod
    def peak_memory_bytes(self) -> int:
        """The most memory it held at once, 0 where the kernel does not say."""


class CgroupV2(Cgroup):
    """One folder with all controllers."""

    @property
    def _folder(self) -> Path:
        return self.folders[0]

    def apply(self, limits: Limits) -> None:
        (self._folder / "memory.max").write_text(str(limits.memory_bytes))
        with contextlib.suppress(FileNotFoundError):  # a kernel without swap has no such file
            (self._folder / "memory.swap.max").write_text("0")
        (self._folder / "memory.oom.group").write_text("1")
        (self._folder / "pids.max").write_text(str(limits.max_processes))
        quota = limits.cpu_milli * _PERIOD_MICROSECONDS // 1000
        (self._folder / "cpu.max").write_text(f"{quota} {_PERIOD_MICROSECONDS}")

    def oom_kills(self) -> int:
        return _fields(self._folder / "memory.events").get("oom_kill", 0)

    def account(self) -> Account:
        memory = _fields(self._folder / "memory.stat")
        return Account(
            cpu_seconds=_fields(self._folder / "cpu.stat").get("usage_usec", 0) / 1e6,
            memory_bytes=memory.get("anon", 0) + memory.get("shmem", 0),
            processes=_number(self._folder / "pids.current"),
        )

    def peak_memory_bytes(self) -> int:
        return _number(self._folder / "memory.peak")


class CgroupV1(Cgroup):
    """A folder per controller: memory, pids, cpu, cpuacct, in this order, those mounted together named once."""

    def __init__(self, *, memory: Path, pids: Path, cpu: Path, cpuacct: Path) -> None:
        super().__init__(tuple(dict.fromkeys((memory, pids, cpu, cpuacct))))
        self._memory, self._pids, self._cpu, self._cpuacct = memory, pids, cpu, cpuacct

    def apply(self, limits: Limits) -> None:
        swap = self._memory / "memory.memsw.limit_in_bytes"
        # Memory and swap together must never be less than memory: raised before it, lowered after it.
        with contextlib.suppress(OSError):  # not raised, or no such account; the second time tells
            swap.write_text(str(limits.memory_bytes))
        (self._memory / "memory.limit_in_bytes").write_text(str(limits.memory_bytes))
        with contextlib.suppress(FileNotFoundError, PermissionError):  # a kernel that does not account for swap
            swap.write_text(str(limits.memory_bytes))
        (self._pids / "pids.max").write_text(str(limits.max_processes))
        (self._cpu / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
        quota = max(1000, limits.cpu_milli * _PERIOD_MICROSECONDS // 1000)
        (self._cpu / "cpu.cfs_quota_us").write_text(str(quota))

    def oom_kills(self) -> int:
        return _fields(self._memory / "memory.oom_control").get("oom_kill", 0)

    def account(self) -> Account:
        memory = _fields(self._memory / "memory.stat")
        return Account(
            cpu_seconds=_number(self._cpuacct / "cpuacct.usage") / 1e9,
            memory_bytes=memory.get("total_rss", 0) + memory.get("total_shmem", 0),
            processes=_number(self._pids / "pids.current"),
        )

    def peak_memory_bytes(self) -> int:
        return _number(self._memory / "memory.max_usage_in_bytes")


def remove_folders(folders: Sequence[Path]) -> None:
    """Kill and remove the cgroup of a dead owner, of whichever version it was.

    Raises:
        SandboxFailed: processes outlive their SIGKILL.
    """
    if folders:
        CgroupV2(folders).remove()


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _fields(path: Path) -> dict[str, int]:
    pairs = (line.split() for line in path.read_text().splitlines())
    return {name: int(value) for name, value, *_ in pairs}


def _number(path: Path) -> int:
    try:
        return int(path.read_text())
    except FileNotFoundError:  # older kernels lack some of the counters
        return 0
