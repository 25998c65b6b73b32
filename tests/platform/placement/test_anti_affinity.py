"""Jobs that are kept apart, from those that run and from each other."""

from uuid import UUID

import pytest

from qubix.schemas.states import AffinityScope
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import AntiAffinity, Candidate, Policy, Running, Snapshot
from tests.platform.placement.market import CONSUMER, NOW, explain, job, offer, request

_REPLICAS = AntiAffinity(group="replicas")
_BY_OWNER = AntiAffinity(group="replicas", scope=AffinityScope.OWNER)
_BY_SITE = AntiAffinity(group="replicas", scope=AffinityScope.SITE)
_OTHER = UUID(int=3)


def _running(machine: int, anti_affinity: AntiAffinity | None, *, user_id: UUID = CONSUMER) -> Running:
    return Running(
        attempt_id=UUID(int=0x9000 + machine),
        job_id=UUID(int=0x8000 + machine),
        user_id=user_id,
        provider_id=UUID(int=machine),
        cpu_cores=1,
        memory_mib=1024,
        limit_seconds=3600,
        anti_affinity=anti_affinity,
    )


def _free(
    offers: list[Candidate], asked: AntiAffinity | None, running: Running, *, user_id: UUID = CONSUMER
) -> set[int]:
    free, _ = explain(offers, request(anti_affinity=asked, user_id=user_id), NOW, Policy(), running=[running])
    return {candidate.provider_id.int for candidate in free}


_MARKET = [
    offer(1, gpus=2, location="DE"),
    offer(2, location="US"),
    offer(3, location="DE", user_id=_OTHER),
    offer(4, location="US", user_id=_OTHER),
    offer(5, location=None, user_id=_OTHER),
]


@pytest.mark.parametrize(
    ("asked", "there", "left"),
    [
        (_REPLICAS, _REPLICAS, {2, 3, 4, 5}),
        (_BY_OWNER, _REPLICAS, {3, 4, 5}),
        (_REPLICAS, _BY_OWNER, {3, 4, 5}),
        (_BY_SITE, _REPLICAS, {2, 4}),
        (_REPLICAS, _BY_SITE, {2, 4}),
        (_BY_SITE, _BY_OWNER, {4}),
        (None, _BY_SITE, {1, 2, 3, 4, 5}),
        (_BY_SITE, None, {1, 2, 3, 4}),
        (AntiAffinity(group="others"), _REPLICAS, {1, 2, 3, 4, 5}),
    ],
)
def test_what_either_of_two_jobs_says_they_do_not_share(
    asked: AntiAffinity | None, there: AntiAffinity | None, left: set[int]
) -> None:
    assert _free(_MARKET, asked, _running(1, there)) == left


def test_a_group_is_its_users_own() -> None:
    assert _free(_MARKET, _REPLICAS, _running(1, _REPLICAS, user_id=_OTHER)) == {1, 2, 3, 4, 5}


def test_jobs_of_one_pass_are_kept_apart_and_who_is_left_is_told_why() -> None:
    jobs = [job(number, anti_affinity=_REPLICAS) for number in range(3)]
    decisions = decide(Snapshot(jobs=tuple(jobs), providers=(offer(1, gpus=4), offer(2, gpus=4))), NOW, Policy())
    assert {one.job_id: one.worker_id for one in decisions.assignments} == {
        jobs[0].id: "machine-1",
        jobs[1].id: "machine-2",
    }
    report = decisions.waiting[jobs[2].id]
    assert [(reason.constraint, reason.removed, reason.message) for reason in report.reasons] == [
        ("antiAffinity", 2, "2 are too near to another job of the group replicas (kept apart by machine)")
    ]
    assert report.suggestions == ["leave out antiAffinity with the group replicas: 2 offers would take it now"]
    assert report.fixes[0].resources.anti_affinity is None


def test_jobs_that_are_kept_apart_are_not_matched_to_one_machine_for_its_price() -> None:
    jobs = [job(0, anti_affinity=_REPLICAS), job(1, anti_affinity=_REPLICAS), job(2)]
    offers = (offer(1, gpus=2, price_per_hour=10), offer(2, price_per_hour=90), offer(3, price_per_hour=95))
    decisions = decide(Snapshot(jobs=tuple(jobs), providers=offers), NOW, Policy())
    apart = [one.worker_id for one in decisions.assignments if one.job_id != jobs[2].id]
    assert len(set(apart)) == 2
