"""How a sandboxed job ended, and what it used."""

from dataclasses import dataclass
from enum import StrEnum


class End(StrEnum):
    """Why the sandbox ended. Exactly one holds."""

    EXITED = "exited"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    OUTPUT_LIMIT = "output_limit"
    KILLED = "killed"
    SANDBOX_FAILED = "sandbox_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a job.

    Attributes:
        end: why it ended.
        exit_code: the program's own exit status, 128 plus the signal's number when a signal ended it, or None when
            it never got to exit by itself.
        wall_seconds: from start to end.
        cpu_seconds: processor time of all its processes, 0 where the machine cannot tell.
        peak_memory_bytes: the most memory it held at once, 0 where the machine cannot tell.
    """

    end: End
    exit_code: int | None
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int

    @property
    def succeeded(self) -> bool:
        """The program ended by itself and reported success."""
        return self.end is End.EXITED and self.exit_code == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a running job uses at this moment.

    Attributes:
        cpu_percent: processor time since the last look; 100 is one whole core.
        memory_bytes: memory held now, without the page cache.
        processes: processes and threads now.
        disk_bytes: what it keeps on the disk, as of the last look of the watchdog.
    """

    cpu_percent: float
    memory_bytes: int
    processes: int
    disk_bytes: int
