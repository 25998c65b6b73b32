"""What a job sees besides its own folders, and what it is to run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

# Where things lie inside, the same on every machine.
JOB: Final = PurePosixPath("/job")
OUTPUT: Final = PurePosixPath("/qubix/output")
CHECKPOINT: Final = PurePosixPath("/qubix/checkpoint")
PROGRESS: Final = PurePosixPath("/qubix/progress")
ITEMS: Final = PurePosixPath("/qubix/items")
ENVIRONMENT: Final = PurePosixPath("/env")
LIBRARY: Final = PurePosixPath("/opt/qubix")

_NVIDIA_CONTROL: Final = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a job sees.

    Attributes:
        environment: the virtual environment, bound at `/env`.
        interpreter: the base interpreter's prefix, bound where it lies on the host, as the environment points there.
        library: our own modules for jobs, path below `/opt/qubix` (which is on PYTHONPATH) to file on the host.
        devices: device nodes of the GPUs that it was given, see `nvidia_devices`.
        read_only: further files and folders, path inside to path on the host.
        writable: further folders and sockets that the job may write to, path inside to path on the host.
        writable_environment: the environment is being built, so the job may write to it and owns it.
    """

    environment: Path | None = None
    interpreter: Path | None = None
    library: Mapping[str, Path] = field(default_factory=dict)
    devices: Sequence[str] = ()
    read_only: Mapping[PurePosixPath, Path] = field(default_factory=dict)
    writable: Mapping[PurePosixPath, Path] = field(default_factory=dict)
    writable_environment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run: `argv[0]` is looked up on the PATH inside, `environ` comes on top of the sandbox's own."""

    argv: Sequence[str]
    environ: Mapping[str, str] = field(default_factory=dict)


def nvidia_devices(minors: Sequence[int]) -> tuple[str, ...]:
    """The device nodes of NVIDIA GPUs, by NVML's minor numbers, with the driver's control nodes that exist here."""
    if not minors:
        return ()
    control = tuple(node for node in _NVIDIA_CONTROL if Path(node).exists())
    return tuple(f"/dev/nvidia{minor}" for minor in minors) + control
