"""Postings a second, single and in batches, beside TPC-B; and how long a million entries take to verify."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final

from benchmarks.figures import ratio
from benchmarks.ledger.scripts import BATCH, WALLETS
from benchmarks.ledger.server import Server, running_server, sealing
from benchmarks.ledger.verification import Verified, measure
from benchmarks.report import Aim, Row, Section, Table

CLIENTS: Final = (1, 8, 32)

_TPCB: Final = "TPC-B"
_SINGLE: Final = "single postings"
_SEALED: Final = "single postings, sealed beside"
_BATCHES: Final = f"batches of {BATCH}"


@dataclass(frozen=True, kw_only=True)
class Amount:
    """How much to measure: rounds of so many seconds, on TPC-B tables of a scale, and entries to verify."""

    rounds: int
    seconds: int
    scale: int
    entries: int

    @classmethod
    def chosen(cls, *, quick: bool) -> "Amount":
        """The whole measurement, or a glance."""
        if quick:
            return cls(rounds=1, seconds=2, scale=5, entries=100_000)
        return cls(rounds=3, seconds=10, scale=50, entries=1_000_000)


Rates = Mapping[str, Mapping[int, Sequence[float]]]


def run(*, quick: bool) -> Section:
    """Measure on a server of the benchmark's own.

    Raises:
        ContenderFailed: a transaction failed, or the books did not add up.
    """
    amount = Amount.chosen(quick=quick)
    with running_server(scale=amount.scale) as server:
        rates = _in_turn(server, amount)
        verified = measure(server, entries=amount.entries)
    return Section(
        name="ledger",
        tables=[rate_table(rates, amount), _verification_table(verified)],
        aims=aims(rates, verified),
        data={
            "wallets": WALLETS,
            "amount": asdict(amount),
            "perSecond": {name: {str(n): list(found) for n, found in each.items()} for name, each in rates.items()},
            "verification": asdict(verified),
        },
    )


def _in_turn(server: Server, amount: Amount) -> Rates:
    found: dict[str, dict[int, list[float]]] = {name: {} for name in (_TPCB, _SINGLE, _SEALED, _BATCHES)}
    seconds = amount.seconds
    for _ in range(amount.rounds):
        for clients in CLIENTS:
            tpcb = server.tpcb.rate(clients=clients, seconds=seconds)
            single = server.books.rate(clients=clients, seconds=seconds, script=server.single)
            batches = server.books.rate(clients=clients, seconds=seconds, script=server.batches) * BATCH
            for name, rate in ((_TPCB, tpcb), (_SINGLE, single), (_BATCHES, batches)):
                found[name].setdefault(clients, []).append(rate)
        with sealing(server.books.url):
            sealed = server.books.rate(clients=CLIENTS[-1], seconds=seconds, script=server.single)
        found[_SEALED].setdefault(CLIENTS[-1], []).append(sealed)
    return found


def rate_table(rates: Rates, amount: Amount) -> Table:
    """Postings or transactions a second by workers, and how many times TPC-B's that is."""
    rows: list[Row] = []
    for name, by_clients in rates.items():
        cells = []
        for clients in CLIENTS:
            if clients not in by_clients:
                cells += ["–", "–"]
                continue
            rate = median(by_clients[clients])
            cells += [f"{rate:,.0f}", f"{ratio(rate, median(rates[_TPCB][clients])):.2f} ×"]
        rows.append((name, *cells))
    columns = [column for clients in CLIENTS for column in (f"{clients} workers /s", "of TPC-B")]
    return Table(
        title=f"Ledger beside TPC-B (scale {amount.scale}), fsync on, the same server in turn",
        columns=("load", *columns),
        rows=rows,
        note=f"median of {amount.rounds} rounds of {amount.seconds} s; all driven by pgbench with prepared statements; "
        f"a posting has three legs, two of them wallets drawn from {WALLETS:,}",
    )


def _verification_table(found: Verified) -> Table:
    def row(what: str, seconds: float) -> Row:
        return (what, f"{seconds:.2f}", f"{found.entries / max(seconds, 1e-9):,.0f}")

    return Table(
        title=f"Books of {found.entries:,} entries",
        columns=("what", "seconds", "entries/s"),
        rows=[
            (f"seal {found.seals:,} transactions", f"{found.seal_seconds:.2f}", "–"),
            row("close the day: one root over all", found.close_seconds),
            row("verify balances, sums, hashes, chain and root", found.verify_seconds),
        ],
    )


def aims(rates: Rates, verified: Verified) -> list[Aim]:
    """What was aimed for."""
    widest = CLIENTS[-1]

    def of_tpcb(name: str) -> float:
        best = max(median(found) for found in rates[name].values()) if name == _BATCHES else median(rates[name][widest])
        return ratio(best, median(rates[_TPCB][widest]))

    return [
        Aim(name=f"{_SINGLE}, {widest} workers", measured=of_tpcb(_SINGLE), kind="at least", bound=0.9, unit="× TPC-B"),
        Aim(name=_BATCHES, measured=of_tpcb(_BATCHES), kind="at least", bound=4, unit="× TPC-B"),
        Aim(
            name=f"verification of {verified.entries:,} entries",
            measured=verified.verify_seconds,
            kind="below",
            bound=10,
            unit="s",
        ),
    ]
