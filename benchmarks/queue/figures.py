"""What the launches of a full queue come down to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.figures import Spread, ratio
from benchmarks.queue.records import Launch
from benchmarks.report import Aim, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What plain calls of Ray's took, in milliseconds since each call, and all of them in seconds."""

    launch_ms: list[float]
    line_ms: list[float]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Whether each job was done once.

    Attributes:
        jobs: how many were queued.
        lost: of them, how many did not complete.
        twice: how many had a second attempt, or a program that ran twice.
        unsettled: how many receipts do not add up to what was held.
        books_balance: whether the ledger's verification found everything right.
    """

    jobs: int
    lost: int
    twice: int
    unsettled: int
    books_balance: bool

    @property
    def is_right(self) -> bool:
        """Whether none was lost, none done twice, and every QU is accounted for."""
        return self.books_balance and not (self.lost or self.twice or self.unsettled)


def stages(launches: Sequence[Launch]) -> Mapping[str, list[float]]:
    """Milliseconds of each launch: from its decision on, and of its card's rest before that."""
    return {
        "launched": [one.launched - one.decided for one in launches],
        "first line": [one.first_lines[0] - one.decided for one in launches if one.first_lines],
        "card idle": idle(launches),
    }


def idle(launches: Sequence[Launch]) -> list[float]:
    """How long each machine had nothing to do between one job's end and the next one's decision. One card each."""
    by_machine: defaultdict[object, list[Launch]] = defaultdict(list)
    for one in launches:
        by_machine[one.provider_id].append(one)
    return [after.decided - before.ended for each in by_machine.values() for before, after in pairwise(each)]


def seconds(launches: Sequence[Launch]) -> float:
    """From the first decision to the last end."""
    return (max(one.ended for one in launches) - min(one.decided for one in launches)) / 1e3


def table(launches: Sequence[Launch], calls: Calls) -> Table:
    """QUBIX beside plain calls on the same nodes."""
    ours = {name: Spread.of(values) for name, values in stages(launches).items()}
    plain = {"launched": Spread.of(calls.launch_ms), "first line": Spread.of(calls.line_ms)}
    titles = {
        "launched": "decision to the node's runner, ms",
        "first line": "decision to the program's first line, ms",
        "card idle": "a card's rest before the next decision, ms",
    }
    rows = []
    for name, title in titles.items():
        base = plain.get(name)
        rows.append(
            (
                title,
                f"{ours[name].p50:,.1f}",
                f"{ours[name].p99:,.1f}",
                *((f"{base.p50:,.1f}", f"{base.p99:,.1f}") if base else ("–", "–")),
                f"{ratio(ours[name].p50, base.p50):.1f} ×" if base else "–",
            )
        )
    rate, plain_rate = len(launches) / seconds(launches), len(calls.line_ms) / calls.seconds
    rows.append(("jobs a second", f"{rate:,.1f}", "", f"{plain_rate:,.1f}", "", f"{ratio(rate, plain_rate):.2f} ×"))
    return Table(
        title=f"{len(launches):,} jobs that all waited at once",
        columns=("", "QUBIX p50", "p99", "plain Ray p50", "p99", "of plain Ray"),
        rows=rows,
        note="plain Ray: an actor a node, a subprocess a call, two a core at once; no sandbox, escrow or durable state",
    )


def aims(tally: Tally) -> Sequence[Aim]:
    """What was aimed for, against what was measured."""
    return [
        Aim(name="jobs lost", measured=tally.lost, kind="below", bound=1, unit=""),
        Aim(name="jobs done twice", measured=tally.twice, kind="below", bound=1, unit=""),
        Aim(name="receipts that do not add up", measured=tally.unsettled, kind="below", bound=1, unit=""),
        Aim(name="books that balance", measured=int(tally.books_balance), kind="at least", bound=1, unit=""),
    ]
