"""What a running job uses, read from its cgroup or, where there is none, summed over its processes."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import psutil

from qubix_agent.sandbox.cgroup import Account, Cgroup


class Meter(Protocol):
    """Reads what a job uses."""

    def account(self) -> Account:
        """What it uses now."""
        ...

    def pids(self) -> Sequence[int]:
        """Its processes."""
        ...

    def oom_kills(self) -> int:
        """How often the kernel killed one of them for lack of memory."""
        ...

    def peak_memory_bytes(self) -> int:
        """The most memory it held at once, as far as it was seen."""
        ...


class ProcessMeter:
    """Without a cgroup: sums over the tree below the sandbox's first process. Sees only what lives when it looks."""

    def __init__(self, init: int) -> None:
        self._init = init
        self._peak = 0
        self._cpu_seconds = 0.0

    def _processes(self) -> list[psutil.Process]:
        try:
            first = psutil.Process(self._init)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def account(self) -> Account:
        """See `Meter`."""
        memory, cpu, threads = self._scratch_bytes(), 0.0, 0
        for process in self._processes():
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended meanwhile
                times = process.cpu_times()
                memory += _private_bytes(process)
                cpu += times.user + times.system + times.children_user + times.children_system
                threads += process.num_threads()
        self._peak = max(self._peak, memory)
        self._cpu_seconds = max(self._cpu_seconds, cpu)
        return Account(cpu_seconds=self._cpu_seconds, memory_bytes=memory, processes=threads)

    def _scratch_bytes(self) -> int:
        """What lies in the job's own memory file systems, which belongs to no process."""
        used = 0
        root = Path(f"/proc/{self._init}/root")
        with contextlib.suppress(OSError):  # it ended meanwhile
            if root.stat().st_dev == Path("/").stat().st_dev:
                return 0  # it has not changed its root yet, so these would be the host's
            for name in ("tmp", "dev/shm"):
                status = os.statvfs(root / name)
                used += (status.f_blocks - status.f_bfree) * status.f_frsize
        return used

    def pids(self) -> Sequence[int]:
        """See `Meter`."""
        return [process.pid for process in self._processes()]

    def oom_kills(self) -> int:
        """The kernel keeps no such count outside a cgroup."""
        return 0

    def peak_memory_bytes(self) -> int:
        """See `Meter`."""
        return self._peak


def _private_bytes(process: psutil.Process) -> int:
    """Memory of its own, pages shared after a fork counted by share: a plain sum would count them once per child."""
    try:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss_Anon:"):
                return int(line.split()[1]) << 10
    except ProcessLookupError:  # it ended while it was read
        return 0
    except OSError:  # this kernel does not say, or not to us
        pass
    held = process.memory_info()
    return int(held.rss - held.shared)


def meter_for(*, cgroup: Cgroup | None, init: int) -> Meter:
    """The best meter that there is."""
    return cgroup or ProcessMeter(init)


def unlinked_bytes(pids: Sequence[int], device: int) -> int:
    """What open files without a name still take on a disk, which no walk over folders finds."""
    found: dict[int, int] = {}
    for pid in pids:
        # Gone meanwhile, or not ours to look into: a set-uid program cannot gain rights here, so only the former.
        with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    status = Path(entry.path).stat()
                    if status.st_nlink == 0 and status.st_dev == device:
                        found[status.st_ino] = status.st_blocks * 512
    return sum(found.values())
