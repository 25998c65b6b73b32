"""The cluster simulation on a small trace of its own."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.cluster.__main__ import main
from benchmarks.cluster.demand import Submission, at_load, read_submissions, resampled
from benchmarks.cluster.errors import DecisionWrong
from benchmarks.cluster.machines import Machines
from benchmarks.cluster.run import figures, jain
from benchmarks.cluster.simulate import Simulation
from benchmarks.cluster.usage import PastUse
from benchmarks.placement.ours import request_of
from benchmarks.placement.trace import Node, Pod
from qubix_platform.placement.model import Assignment, GpuShare, Held, PendingJob, Policy
from qubix_platform.placement.ordering.policy import QueuePolicy
from tests.platform.placement.market import NOW

NODES = [Node("one", 16_000, 65_536, 2, "P100"), Node("two", 16_000, 65_536, 2, "G2")]
WHOLE = Pod(1_000, 1_024, 1, 1000, ())
POLICY = Policy(queue=QueuePolicy())


def _job(at: int, seconds: int, pod: Pod = WHOLE, user: int = 0) -> Submission:
    return Submission(pod=pod, at=at, seconds=seconds, limit_seconds=seconds, user=user)


def test_jobs_start_when_those_before_them_end() -> None:
    jobs = [*[_job(0, 100)] * 4, _job(10, 50), _job(20, 50)]
    outcome = Simulation(NODES, jobs, POLICY).run()
    assert outcome.starts == [0, 0, 0, 0, 100, 100]
    assert (outcome.restarts, outcome.most_waiting) == (0, 4)
    found = figures(jobs, outcome, capacity_milli=4_000)
    assert (found.wait_longest, found.starved, found.used) == (90, 0, 1.0)


def test_a_job_that_fits_nowhere_never_starts_and_is_counted() -> None:
    jobs = [_job(0, 10, replace(WHOLE, gpus=4)), _job(0, 10)]
    assert figures(jobs, Simulation(NODES, jobs, POLICY).run(), capacity_milli=4_000).starved == 1


def test_a_user_who_had_nothing_goes_before_one_who_had_all() -> None:
    jobs = [*[_job(0, 100, user=1)] * 4, *[_job(1, 100, user=1)] * 4, _job(2, 100, user=2)]
    assert Simulation(NODES, jobs, POLICY).run().starts[-1] == 100


def test_the_engine_cannot_give_away_what_is_not_there() -> None:
    machines = Machines(NODES)
    provider_id, machine = next(iter(machines.candidates.items()))
    job = PendingJob(id=provider_id, queued_at=NOW, request=request_of(WHOLE))
    share = GpuShare(gpu_id=machine.gpus[0].id, index=0, milli=1000)
    given = Assignment(
        job_id=job.id, provider_id=provider_id, worker_id=machine.worker_id, gpus=(share,), price_per_hour=0
    )
    machines.take(job, given)
    with pytest.raises(DecisionWrong, match="no room"):
        machines.take(job, given)


def test_past_use_fades_by_half_in_each_half_life() -> None:
    past = PastUse(half_life_s=100)
    past.take(1, [Held(kind="cpu", amount=8)], now=0)
    assert past.of(1, now=100) == (("cpu", 4.0),)
    past.give_back(1, [Held(kind="cpu", amount=8)], now=100)
    assert past.of(1, now=200) == (("cpu", 2.0),)


def test_a_load_is_what_jobs_take_of_all_while_they_come() -> None:
    jobs = resampled([_job(at, 100) for at in range(50)], count=4_000, seed=1)
    paced = at_load(jobs, 0.9, capacity_milli=4_000, longest_s=50, seed=1)
    span = paced[-1].at
    assert sum(one.pod.milli * min(one.seconds, span - one.at) for one in paced) / (4_000 * span) == pytest.approx(
        0.9, abs=0.02
    )
    assert {one.seconds for one in paced} == {50}


def test_fairness_is_one_where_all_are_alike_and_little_where_one_has_all() -> None:
    assert jain([3.0, 3.0, 3.0]) == pytest.approx(1)
    assert jain([4.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)


def test_the_command_reads_the_files_and_gives_json(tmp_path: Path) -> None:
    nodes, pods = tmp_path / "nodes.csv", tmp_path / "pods.csv"
    nodes.write_text("sn,cpu_milli,memory_mib,gpu,model\none,16000,65536,2,P100\n")
    pods.write_text(
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,creation_time,deletion_time,scheduled_time\n"
        "b,1000,1024,1,1000,,50,150,\n"
        "a,1000,1024,1,500,P100,10,100,20\n"
    )
    first, second = read_submissions(pods)
    assert (first.at, first.seconds, first.pod.models) == (0, 80, ("P100",))
    assert (second.at, second.seconds, second.limit_seconds) == (40, 100, 600)
    app = typer.Typer()
    app.command()(main)
    given = ["--nodes", str(nodes), "--pods", str(pods), "--jobs", "20", "--load", "0.5", "--json"]
    result = CliRunner().invoke(app, given, catch_exceptions=False)
    runs = json.loads(result.stdout)["benchmarks"]["cluster"]["data"]["runs"]
    assert [(name, each["jobs"], each["starved"]) for name, each in runs.items()] == [
        ("the trace's own times", 20, 0),
        ("load 0.5", 20, 0),
    ]
