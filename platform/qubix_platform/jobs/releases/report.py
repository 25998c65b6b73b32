"""What a job is told that is held back. Pure."""

from collections.abc import Sequence

from qubix.schemas.waiting import AwaitedJob, WaitingReport


def report(awaited: Sequence[AwaitedJob], *, total: int, at_once: int | None = None) -> WaitingReport:
    """Why a job waits for other jobs, and not yet for a machine.

    Args:
        awaited: the first of the jobs that it runs after and that have not ended, oldest first.
        total: how many of them there are.
        at_once: of an array's element, how many of its array may run at one time.
    """
    if not awaited and at_once is not None:
        summary = f"Its array runs {at_once:,} at a time: it is queued when an element before it has ended."
    elif not awaited:
        summary = "All that it waited for has ended: it is about to be queued."
    else:
        first = awaited[0]
        others = "" if total == 1 else f", and after {total - 1:,} more"
        summary = (
            f"It runs after job {first.id} ({first.name}), which is {first.status} at {first.progress:.0f} %{others}."
        )
    return WaitingReport(considered=0, reasons=[], summary=summary, waits_for=list(awaited))
