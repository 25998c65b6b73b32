"""Which of the jobs that are held back may go, and which never will. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Turn:
    """How an array stands: `at_once` of its jobs may run at one time, and so many are `active`."""

    array_id: UUID
    at_once: int
    active: int


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """A job that was held back, of which something can be decided: all that it runs after ended, or one ended badly.

    Attributes:
        failed: how the first ended of those that had to complete and did not, in words; None where none did.
        turn: of an array's element, how its array stands.
    """

    id: UUID
    failed: str | None = None
    turn: Turn | None = None


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
    """Decide on each, in this order. A job whose turn can never come ends at once, whatever else it waits for."""
    room: dict[UUID, int] = {}
    release: list[UUID] = []
    end: dict[UUID, str] = {}
    for job in waiting:
        if job.failed is not None:
            end[job.id] = f"it was to run after {job.failed}"
            continue
        if job.turn is not None:
            left = room.get(job.turn.array_id, job.turn.at_once - job.turn.active)
            room[job.turn.array_id] = left - 1
            if left <= 0:
                continue
        release.append(job.id)
    return Plan(release=tuple(release), end=end)
