"""The machine around the GPUs: processor, memory, disk. Counts what this process may use, not what is installed."""

import os
import platform
from pathlib import Path

import psutil

from qubix.schemas.hardware import CpuInfo, RamInfo

MEBIBYTE = 1 << 20
_CGROUP = Path("/sys/fs/cgroup")


def read_cpu(cpuinfo: Path = Path("/proc/cpuinfo")) -> CpuInfo:
    """The processor's name and the logical cores that this process may use."""
    return CpuInfo(model=_cpu_model(cpuinfo)[:200], cores=_usable_cores())


def _cpu_model(cpuinfo: Path) -> str:
    try:
        for line in cpuinfo.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in {"model name", "Model", "cpu model"} and value.strip():
                return value.strip()
    except OSError:
        pass  # not Linux: the platform module's answer is all there is
    return platform.processor() or platform.machine() or "unknown"


def _usable_cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    quota = _cpu_quota()
    return max(1, min(allowed, quota)) if quota else allowed


def _cpu_quota() -> int | None:
    """Whole cores that the surrounding cgroup grants, rounded down; None without a limit."""
    try:
        if (v2 := _CGROUP / "cpu.max").exists():
            quota, period = v2.read_text().split()
        else:
            quota = (_CGROUP / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (_CGROUP / "cpu/cpu.cfs_period_us").read_text().strip()
        return max(1, int(quota) // int(period)) if quota not in {"max", "-1"} else None
    except (OSError, ValueError):
        return None  # no cgroup, no quota


def read_ram() -> RamInfo:
    """Memory that this process may use: what is installed, or less where the surrounding cgroup grants less."""
    return RamInfo(total_mib=max(1, memory_total_bytes() // MEBIBYTE))


def memory_total_bytes() -> int:
    """As `read_ram`, in bytes."""
    installed = int(psutil.virtual_memory().total)
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        try:
            return min(installed, int((_CGROUP / name).read_text()))
        except (OSError, ValueError):
            continue  # "max", or the other version of cgroups
    return installed


def free_disk_mib(folder: Path) -> int:
    """Free space on the disk of a folder, which need not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return int(psutil.disk_usage(str(folder)).free) // MEBIBYTE
