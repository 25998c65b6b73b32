"""Which of the jobs that are held back may go, and which never will. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """A job that was held back, of which something can be decided: all that it runs after ended, or one ended badly.

    Attributes:
        failed: how the first ended of those that had to complete and did not, in words; None where none did.
    """

    id: UUID
    failed: str | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to do with them now.

    Attributes:
        release: jobs that wait for nothing but a machine from now on.
        end: jobs that can never run, each with the reason.
    """

    release: tuple[UUID, ...] = ()
    end: Mapping[UUID, str]


def plan(waiting: Iterable[HeldBack]) -> Plan:
    """Decide on each. A job whose turn can never come ends at once, whatever else it waits for."""
    release: list[UUID] = []
    end: dict[UUID, str] = {}
    for job in waiting:
        if job.failed is not None:
            end[job.id] = f"it was to run after {job.failed}"
        else:
            release.append(job.id)
    return Plan(release=tuple(release), end=end)
