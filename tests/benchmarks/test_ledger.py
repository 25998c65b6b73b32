"""What the ledger's benchmark makes of its measurements, and a glance at the real thing."""

import pytest

from benchmarks.children import ContenderFailed
from benchmarks.ledger import pgbench
from benchmarks.ledger.run import Amount, aims, rate_table
from benchmarks.ledger.server import running_server
from benchmarks.ledger.verification import Verified, measure

RATES = {
    "TPC-B": {1: [100.0], 8: [400.0, 410.0, 390.0], 32: [1000.0, 900.0, 1100.0]},
    "single postings": {1: [150.0], 8: [400.0], 32: [950.0]},
    "single postings, sealed beside": {32: [900.0]},
    "batches of 100": {1: [4000.0], 8: [4500.0], 32: [3500.0]},
}
VERIFIED = Verified(entries=1_000_000, seals=333_334, seal_seconds=20, close_seconds=0.5, verify_seconds=9.5)


def test_the_aims_compare_with_tpc_b_at_32_workers() -> None:
    found = {aim.name: (round(aim.measured, 3), aim.met) for aim in aims(RATES, VERIFIED)}
    assert found == {
        "single postings, 32 workers": (0.95, True),
        "batches of 100": (4.5, True),
        "verification of 1,000,000 entries": (9.5, True),
    }


def test_each_load_stands_beside_tpc_b_with_as_many_workers() -> None:
    rows = rate_table(RATES, Amount.chosen(quick=True)).rows
    assert rows[1] == ("single postings", "150", "1.50 ×", "400", "1.00 ×", "950", "0.95 ×")
    assert rows[2][:5] == ("single postings, sealed beside", "–", "–", "–", "–")


def test_a_failed_transaction_is_no_rate() -> None:
    with pytest.raises(ContenderFailed):
        pgbench._rate("number of failed transactions: 3 (1%)\ntps = 10.5 (x)")
    assert pgbench._rate("number of failed transactions: 0 (0%)\ntps = 10.5 (x)") == 10.5


@pytest.mark.proof
@pytest.mark.timeout(180)
def test_the_scripts_run_and_leave_books_that_verify() -> None:
    with running_server(scale=1) as server:
        assert server.tpcb.rate(clients=1, seconds=1) > 0
        assert server.books.rate(clients=2, seconds=1, script=server.single) > 0
        found = measure(server, entries=205_000)
    assert found.entries >= 205_000
    assert found.seals > 0
