"""What a job is told that waits for its user's quota: only what places it is told to start it now."""

from dataclasses import replace
from uuid import UUID

from qubix.schemas.waiting import WaitingReport
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Consumer, PendingJob, Running, Snapshot
from qubix_platform.placement.policy import SCHEDULERS_POLICY
from tests.platform.placement.market import CONSUMER, NOW, job, offer


def _running(gpu: int) -> Running:
    return Running(
        attempt_id=UUID(int=gpu),
        job_id=UUID(int=gpu),
        user_id=CONSUMER,
        provider_id=UUID(int=gpu // 100),
        cpu_cores=1,
        memory_mib=1024,
        limit_seconds=600,
        shares=((gpu, 1000),),
    )


def _market(asked: PendingJob, *, quota: int, held: int = 0, gpus: int = 4) -> Snapshot:
    return Snapshot(
        jobs=(asked,),
        providers=(offer(1, gpus=gpus), offer(2, gpus=held)),
        consumers=(Consumer(user_id=CONSUMER, max_gpus=quota),),
        running=tuple(_running(200 + index) for index in range(held)),
    )


def _report(market: Snapshot) -> WaitingReport:
    (report,) = decide(market, NOW, SCHEDULERS_POLICY).waiting.values()
    return report


def test_as_many_gpus_as_the_quota_leaves_are_told_with_what_is_held_counted() -> None:
    asked = job(0, gpu_count=3, max_price=10_000)
    report = _report(market := _market(asked, quota=3, held=1))
    assert report.summary == "your quota is 3 GPUs at once, and with this job you would have more"
    assert report.suggestions == [
        "ask for 2 GPUs: 1 offer would take it now",
        "wait until a job of yours ends",
        "have an operator raise your quota",
    ]
    assert [fix.resources.gpu_count for fix in report.fixes] == [2]
    fewer = replace(asked, request=replace(asked.request, gpu_count=2))
    assert decide(replace(market, jobs=(fewer,)), NOW, SCHEDULERS_POLICY).assignments


def test_fewer_gpus_are_not_told_where_no_machine_has_them_either() -> None:
    report = _report(_market(job(0, gpu_count=3, max_price=10_000), quota=2, gpus=1))
    assert report.summary == "your quota is 2 GPUs at once, and this job alone asks for more"
    assert report.suggestions == ["have an operator raise your quota"]
    assert report.fixes == []


def test_nobody_is_told_to_wait_whose_workers_are_together_more_than_the_quota() -> None:
    gang = replace(job(0, gpu_count=2, max_price=10_000), workers=2)
    assert _report(_market(gang, quota=3)).suggestions == [
        "ask for 1 GPU: 1 offer would take it now",
        "have an operator raise your quota",
    ]
    assert _report(_market(gang, quota=0)).suggestions == ["have an operator raise your quota"]
