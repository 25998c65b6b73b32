"""The cluster simulation on a small trace of its own."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
import typer
from typer.testing import CliRunner

from benchmarks.cluster.__main__ import main
from benchmarks.cluster.demand import Submission, at_load, read_submissions, resampled
from benchmarks.cluster.errors import DecisionWrong
from benchmarks.cluster.figures import figures, jain
from benchmarks.cluster.machines import Machines
from benchmarks.cluster.simulate import Simulation
from benchmarks.cluster.usage import PastUse
from benchmarks.cluster.waiting import Waiting
from benchmarks.placement.ours import request_of
from benchmarks.placement.trace import Node, Pod
from qubix.schemas.states import Priority
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
    assert outcome.most_waiting == 4
    found = figures(jobs, outcome, capacity_milli=4_000)
    assert (found.waits.longest, found.waits.starved, found.used, found.preemptions) == (90, 0, 1.0, 0)


def test_a_job_that_fits_nowhere_never_starts_and_is_counted() -> None:
    jobs = [_job(0, 10, replace(WHOLE, gpus=4)), _job(0, 10)]
    assert figures(jobs, Simulation(NODES, jobs, POLICY).run(), capacity_milli=4_000).waits.starved == 1


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


def _spot(at: int, seconds: int, bid_milli: int = 500) -> Submission:
    return replace(_job(at, seconds), priority=Priority.LOW, bid_milli=bid_milli)


def test_a_spot_job_makes_room_for_who_pays_more_and_begins_anew() -> None:
    jobs = [_spot(0, 1_000, 800), *[_job(0, 1_000)] * 2, _spot(0, 1_000, 500), _job(10, 100)]
    outcome = Simulation(NODES, jobs, POLICY).run()
    notice = QueuePolicy().notice_s
    assert outcome.starts == [0, 0, 0, 0, 10 + notice]
    assert outcome.preempted == {3: 1}  # the one that pays least
    found = figures(jobs, outcome, capacity_milli=4_000)
    assert (found.preemptions, found.preempted_jobs) == (1, 1)
    assert found.lost == pytest.approx((10 + notice) / (10 + notice + 4 * 1_000 + 100))
    assert (found.by_class["spot (half of BE)"].jobs, found.by_class["normal (Guaranteed, Burstable)"].longest) == (
        2,
        notice,
    )


def test_who_is_done_within_the_notice_loses_nothing() -> None:
    jobs = [*[_spot(0, 35)] * 4, *[_job(10, 100)] * 4]
    outcome = Simulation(NODES, jobs, POLICY).run()
    assert outcome.starts == [0] * 4 + [35] * 4
    assert not outcome.preempted


def test_a_job_of_higher_priority_goes_first() -> None:
    jobs = [
        *[_job(0, 100)] * 4,
        *[replace(_job(1, 100), priority=Priority.LOW)] * 4,
        *[replace(_job(2, 100), priority=Priority.HIGH)] * 4,
    ]
    assert Simulation(NODES, jobs, POLICY).run().starts[4:] == [200] * 4 + [100] * 4


def test_nobody_holds_more_than_their_quota() -> None:
    jobs = [*[_job(0, 100, user=1)] * 3, _job(0, 100, user=2)]
    outcome = Simulation(NODES, jobs, POLICY, quotas={1: 2}).run()
    assert sorted(outcome.starts[:3], key=str) == [0, 0, 100]
    assert outcome.most_held == {1: 2_000, 2: 1_000}


def test_a_pass_reads_the_first_jobs_of_every_line() -> None:
    waiting = Waiting()
    for number in range(100):
        request = replace(request_of(WHOLE), is_spot=number == 60)
        waiting.add(number, PendingJob(id=UUID(int=number), queued_at=NOW, request=request))
    assert waiting.first(10) == [0, 1, 2, 3, 4, 60]
    waiting.pop(2)
    waiting.pop(60)
    assert waiting.first(4) == [0, 1, 3, 4]
    waiting.add(2, waiting[3])
    assert (waiting.first(4), len(waiting)) == ([0, 1, 2, 3], 99)


def test_a_load_is_what_jobs_ask_for_of_all_while_they_come() -> None:
    jobs = resampled([_job(at, 100) for at in range(50)], count=4_000, seed=1)
    paced = at_load(jobs, 0.9, capacity_milli=4_000, longest_s=50, seed=1)
    assert sum(one.gpu_seconds for one in paced) / (4 * paced[-1].at) == pytest.approx(0.9, abs=0.01)
    assert {one.seconds for one in paced} == {50}


def test_fairness_is_one_where_all_are_alike_and_little_where_one_has_all() -> None:
    assert jain([3.0, 3.0, 3.0]) == pytest.approx(1)
    assert jain([4.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)


def test_the_command_reads_the_files_and_gives_json(tmp_path: Path) -> None:
    nodes, pods = tmp_path / "nodes.csv", tmp_path / "pods.csv"
    nodes.write_text("sn,cpu_milli,memory_mib,gpu,model\none,16000,65536,2,P100\n")
    pods.write_text(
        "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,creation_time,deletion_time,scheduled_time\n"
        "b,1000,1024,1,1000,,BE,50,150,\n"
        "a,1000,1024,1,500,P100,LS,10,100,20\n"
    )
    first, second = read_submissions(pods)
    assert (first.at, first.seconds, first.pod.models) == (0, 80, ("P100",))
    assert (second.at, second.seconds, second.limit_seconds) == (40, 100, 600)
    assert (first.priority, second.priority) == (Priority.HIGH, Priority.LOW)
    assert first.bid_milli is None
    bids = [read_submissions(pods, seed=seed)[1].bid_milli for seed in range(40)]
    assert 10 < bids.count(None) < 30
    assert all(300 <= bid <= 900 for bid in bids if bid is not None)
    app = typer.Typer()
    app.command()(main)
    given = ["--nodes", str(nodes), "--pods", str(pods), "--jobs", "20", "--load", "0.5", "--json"]
    result = CliRunner().invoke(app, given, catch_exceptions=False)
    runs = json.loads(result.stdout)["benchmarks"]["cluster"]["data"]["runs"]
    assert [(name, each["jobs"], each["waits"]["starved"]) for name, each in runs.items()] == [
        ("the trace's own times", 20, 0),
        ("load 0.5", 20, 0),
    ]
