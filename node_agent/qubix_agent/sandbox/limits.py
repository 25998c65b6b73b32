"""What one job may use."""

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that one job may use. Reaching the time, memory or output limit ends the job.

    Attributes:
        wall_seconds: from start to end, by the clock.
        memory_mib: resident memory of all processes together, what they keep in `/tmp` and `/dev/shm` included.
        cpu_milli: processor time per second, in thousandths of a core.
        max_processes: processes and threads together.
        max_file_mib: the size of any single file; a write beyond it fails in the job with EFBIG.
        max_output_mib: everything that the job keeps on the disk together (work folder, output, checkpoint).
        open_files: descriptors per process.
    """

    wall_seconds: float = 3600.0
    memory_mib: int = 2048
    cpu_milli: int = 1000
    max_processes: int = 256
    max_file_mib: int = 4096
    max_output_mib: int = 10240
    open_files: int = 4096

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")

    @property
    def memory_bytes(self) -> int:
        """The memory limit in bytes."""
        return self.memory_mib * MEBIBYTE

    @property
    def output_bytes(self) -> int:
        """The limit on what is kept on the disk, in bytes."""
        return self.max_output_mib * MEBIBYTE

    @property
    def whole_cores(self) -> int:
        """Cores that a thread pool should count on: the share rounded up."""
        return -(-self.cpu_milli // 1000)
