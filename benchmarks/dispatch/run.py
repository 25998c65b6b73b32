"""QUBIX side by side with what else can run a small program, in one run."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from benchmarks.dispatch import hyper_queue, plain, ray_jobs, ray_task
from benchmarks.dispatch.plan import AT_ONCE, Measured, Plan, one_after_another
from benchmarks.dispatch.qubix_jobs import Stages, burst_seconds, idle_job, readable_job, warm_up
from benchmarks.dispatch.ray_head import own_cluster
from benchmarks.figures import Spread, ratio
from benchmarks.machine import load
from benchmarks.report import Aim, Row, Section, Table
from benchmarks.stand import Stand, own_stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that was measured of QUBIX.

    Attributes:
        measured: what every contender is measured by.
        stages: of each idle job.
        readable_ms: from submission until the first line could be read through the API, of further idle jobs.
    """

    measured: Measured
    stages: list[Stages]
    readable_ms: list[float]


def run(*, quick: bool, running: Stand | None = None) -> Section:
    """Measure everything, with the platform up and at rest while the others run.

    Args:
        quick: a glance only.
        running: a platform to use; one of the benchmark's own otherwise.

    Raises:
        DemoFailed, NotReady, ContenderFailed: a part did not run.
    """
    plan = Plan(idle=5, burst=20) if quick else Plan(idle=30, burst=200)
    # A job of Ray's Jobs API takes a second, and its spread is small.
    few = Plan(idle=2, burst=3) if quick else Plan(idle=6, burst=12)
    began = load()
    with nullcontext(running) if running else own_stand() as stand:
        found, one, two = side_by_side(plan, stand)
        queue = hyper_queue.measure(plan, python=sys.executable)
        with own_cluster() as cluster:
            task = ray_task.measure(plan, cluster, python=sys.executable)
            jobs = ray_jobs.measure(few, cluster, python=sys.executable)
        seconds_to_ready = stand.seconds_to_ready
    others = [one, two, task, queue, jobs]
    return Section(
        name="dispatch",
        tables=[_comparison([found.measured, *others], idle_baseline=one, burst_baseline=two), stage_table(found)],
        aims=aims(found.measured, burst_baseline=two, jobs_api=jobs),
        data={
            "contenders": [measured.to_json() for measured in (found.measured, *others)],
            "readableMs": found.readable_ms,
            "secondsToReady": seconds_to_ready,
            "loadBefore": began,
            "loadAfter": load(),
        },
    )


def side_by_side(plan: Plan, stand: Stand) -> tuple[Found, Measured, Measured]:
    """QUBIX and the plain subprocess by turns, so that what else the machine does meets both alike.

    Returns:
        QUBIX, the subprocess one at a time, and two at a time.
    """
    stages, idle_ms = [], []
    with stand.client() as client:
        warm_up(client)
        for _ in range(plan.idle):
            stages.append(idle_job(client))
            idle_ms += one_after_another(1, plain.run_probe)
        readable = [readable_job(client, stand) for _ in range(max(3, plan.idle // 2))]
    one = plain.loop_seconds(plan.burst, at_once=1)
    two = plain.loop_seconds(plan.burst, at_once=AT_ONCE)
    ours = burst_seconds(stand, plan.burst)
    two += plain.loop_seconds(plan.burst, at_once=AT_ONCE)
    found = Found(
        measured=Measured(
            name="QUBIX",
            idle_ms=[stage.first_line for stage in stages],
            burst_jobs=plan.burst,
            burst_seconds=ours,
        ),
        stages=stages,
        readable_ms=readable,
    )
    return (
        found,
        Measured(name="subprocess, one at a time", idle_ms=idle_ms, burst_jobs=plan.burst, burst_seconds=one),
        Measured(name="subprocess, two at a time", burst_jobs=2 * plan.burst, burst_seconds=two),
    )


def aims(ours: Measured, *, burst_baseline: Measured, jobs_api: Measured) -> list[Aim]:
    """What was aimed for, against what was measured.

    Raises:
        ValueError: something was not measured.
    """
    assert ours.idle
    assert ours.jobs_per_second
    assert burst_baseline.jobs_per_second
    assert jobs_api.idle
    assert jobs_api.jobs_per_second
    return [
        Aim(name="idle job, p50", measured=ours.idle.p50, kind="below", bound=60, unit="ms"),
        Aim(
            name="burst, of the two-at-a-time subprocess loop",
            measured=ratio(ours.jobs_per_second, burst_baseline.jobs_per_second),
            kind="at least",
            bound=0.4,
            unit="×",
        ),
        Aim(
            name="idle job, faster than Ray's Jobs API",
            measured=ratio(jobs_api.idle.p50, ours.idle.p50),
            kind="at least",
            bound=10,
            unit="×",
        ),
        Aim(
            name="burst, faster than Ray's Jobs API",
            measured=ratio(ours.jobs_per_second, jobs_api.jobs_per_second),
            kind="at least",
            bound=10,
            unit="×",
        ),
    ]


def _comparison(contenders: Sequence[Measured], *, idle_baseline: Measured, burst_baseline: Measured) -> Table:
    return Table(
        title="Dispatch: submission to the first line of the user's code, and jobs through",
        columns=("what runs the program", "idle p50 ms", "p95 ms", "of subprocess", "burst jobs/s", "of two at a time"),
        rows=[contender_row(each, idle=idle_baseline.idle, burst=burst_baseline) for each in contenders],
        note="QUBIX with sandbox, escrow, ledger and durable state; none of the others has any of these",
    )


def contender_row(measured: Measured, *, idle: Spread | None, burst: Measured) -> Row:
    """A contender's figures, each beside how many times its baseline it is."""
    spread, rate = measured.idle, measured.jobs_per_second
    return (
        measured.name,
        f"{spread.p50:,.1f}" if spread else "–",
        f"{spread.p95:,.1f}" if spread else "–",
        f"{ratio(spread.p50, idle.p50):.1f} ×" if spread and idle else "–",
        f"{rate:,.1f}" if rate else "–",
        f"{ratio(rate, burst.jobs_per_second):.2f} ×" if rate and burst.jobs_per_second else "–",
    )


def stage_table(found: Found) -> Table:
    """Where an idle job's time goes."""
    stages = {
        "job stored, escrow held, answer at the client": [each.answered for each in found.stages],
        "scheduler begins the assigning transaction": [each.assigned for each in found.stages],
        "first line of the user's code": [each.first_line for each in found.stages],
        "first line readable through the API (jobs of their own)": found.readable_ms,
    }
    spreads = {name: Spread.of(values) for name, values in stages.items()}
    return Table(
        title="QUBIX: milliseconds since the submission of an idle job",
        columns=("until", "p50", "p95"),
        rows=[(name, f"{spread.p50:.1f}", f"{spread.p95:.1f}") for name, spread in spreads.items()],
    )
