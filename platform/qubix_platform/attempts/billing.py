"""Which seconds of an attempt are paid for, and why: a pure function of what happened to it.

- Time runs from the accepted start to the end, both on the database's clock, in whole seconds.
- Whatever is lost to the provider or to the platform is never billed, settled on the way or not, but for what a later
  attempt went on from.
- A consumer's cancel and a notice of pre-emption stop the meter at once, however long the machine takes to stop.
- Nothing is billed beyond the job's time limit, nor beyond the money that was held for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qubix.schemas.states import Cause
from qubix_platform.jobs.states import UNBILLED_CAUSES
from qubix_platform.pricing.rates import whole_seconds

SETTLED = "SETTLED"
"""Why seconds are paid for that were settled while the attempt went on."""

RESUMED = "RESUMED"
"""Why seconds of a lost attempt are paid for: a later one went on from a checkpoint, so up to that nothing was lost."""


class Occurrence(StrEnum):
    """What can happen to an attempt that bears on its bill."""

    STARTED = "started"
    SETTLED = "settled"
    CANCEL_REQUESTED = "cancel requested"
    PREEMPTION_NOTICED = "preemption noticed"
    RESUMED = "resumed"
    ENDED = "ended"


@dataclass(frozen=True)
class Event:
    """One of an attempt's events.

    Attributes:
        what, at: what happened, and when.
        through: of a settlement, how many seconds were paid for by then; of a resumption, after how many seconds the
            checkpoint was taken.
        cause: of an end.
    """

    what: Occurrence
    at: datetime
    through: int = 0
    cause: Cause | None = None


@dataclass(frozen=True)
class Stretch:
    """Seconds of an attempt, from after `begin` up to `end`, whether they are billed, and the cause of that."""

    begin: int
    end: int
    is_billed: bool
    cause: str


def attribute(events: Iterable[Event], *, limit_seconds: int, covered_seconds: int) -> tuple[Stretch, ...]:
    """Divide all the time of an attempt that ended into stretches, each billed or not, for one cause.

    The answer depends neither on the order of the events nor on their being told twice.

    Args:
        events: what happened to it. Nothing is billed where it never began to run, or has not ended.
        limit_seconds: how long it may run.
        covered_seconds: for how many of its seconds there is money, those that were settled included.
    """
    history = tuple(events)
    began = _first(history, Occurrence.STARTED)
    ended = _first(history, Occurrence.ENDED)
    if began is None or ended is None or ended.cause is None:
        return ()
    is_lost = ended.cause in UNBILLED_CAUSES
    settled = 0 if is_lost else _through(history, Occurrence.SETTLED)
    total = max(settled, whole_seconds(start=began.at, end=ended.at))
    stop, why = min(_stops(history, began.at, ended, limit=limit_seconds, covered=covered_seconds))
    billed = max(settled, min(total, stop))
    stretches = (
        Stretch(0, settled, True, SETTLED),
        Stretch(settled, billed, True, RESUMED if is_lost else ended.cause),
        Stretch(billed, total, False, why),
    )
    return tuple(stretch for stretch in stretches if stretch.begin < stretch.end)


def billed_seconds(stretches: Iterable[Stretch]) -> int:
    """Whole seconds that the consumer pays for."""
    return sum(stretch.end - stretch.begin for stretch in stretches if stretch.is_billed)


def lost_seconds(stretches: Iterable[Stretch]) -> int:
    """Whole seconds that were lost to the provider or to the platform, and cost nothing."""
    return sum(
        stretch.end - stretch.begin
        for stretch in stretches
        if not stretch.is_billed and stretch.cause in UNBILLED_CAUSES
    )


def _stops(
    history: tuple[Event, ...], began: datetime, ended: Event, *, limit: int, covered: int
) -> list[tuple[int, str]]:
    """After which second the meter stops, for each reason that there is."""
    stops: list[tuple[int, str]] = [(limit, Cause.TIMEOUT), (covered, Cause.OUT_OF_FUNDS)]
    if ended.cause in UNBILLED_CAUSES:
        stops.append((_through(history, Occurrence.RESUMED), ended.cause))
    for what, cause in _STOPPING.items():
        event = _first(history, what)
        if event is not None:
            stops.append((whole_seconds(start=began, end=event.at), cause))
    return stops


_STOPPING = {Occurrence.CANCEL_REQUESTED: Cause.CANCELLED, Occurrence.PREEMPTION_NOTICED: Cause.PREEMPTED}


def _through(history: tuple[Event, ...], what: Occurrence) -> int:
    return max((event.through for event in history if event.what is what), default=0)


def _first(history: tuple[Event, ...], what: Occurrence) -> Event | None:
    return min((event for event in history if event.what is what), key=lambda event: event.at, default=None)
