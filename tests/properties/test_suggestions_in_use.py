"""Who follows a suggestion is placed, in markets in use and by the scheduler's own policy."""

import re
from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

from hypothesis import given, settings

from qubix.schemas.waiting import WaitingFix, WaitingReport
from qubix_platform.placement.decide import decide, explain_next, newest_job
from qubix_platform.placement.model import Candidate, Decisions, PendingJob, Policy, Request, Snapshot
from tests.properties.living_markets import draw_request, lived, production_policies, seeds

_CLONE = UUID(int=0xC1)
_FEWER_WORKERS = re.compile(r"ask for ([\d,]+) workers?: it would start now")


def _asking(job: PendingJob, fix: WaitingFix) -> PendingJob:
    """The job with what a suggestion says, as it comes over the wire."""
    asked = Request.of(fix.resources, user_id=job.request.user_id, max_price=fix.max_price)
    return replace(job, request=replace(asked, apart=job.request.apart, due=job.request.due))


def _is_placed(job: PendingJob, decisions: Decisions) -> bool:
    """Whether all workers of the job were, each once; a standby of its own is more than was promised."""
    found = [one.rank for one in decisions.assignments if one.job_id == job.id and one.is_standby == job.is_standby]
    return sorted(found) == list(range(job.workers))


def _instead(market: Snapshot, job: PendingJob) -> Snapshot:
    """The market where the job asks for this."""
    return replace(market, jobs=tuple(job if one.id == job.id else one for one in market.jobs))


def _idle(market: Snapshot, job: PendingJob) -> Snapshot:
    """The job alone, on machines of which nothing is taken."""

    def emptied(machine: Candidate) -> Candidate:
        gpus = tuple(replace(gpu, allocated_milli=0) for gpu in machine.gpus)
        return replace(machine, allocated_cpu=0, allocated_memory_mib=0, allocated_disk_mib=0, gpus=gpus)

    return Snapshot(jobs=(job,), providers=tuple(map(emptied, market.providers)), windows=market.windows)


def _check(market: Snapshot, job: PendingJob, report: WaitingReport, policy: Policy, now: datetime) -> None:
    limited = {one.user_id for one in market.consumers if one.max_gpus is not None}
    for fix in report.fixes:
        followed = _asking(job, fix)
        if "take it now" not in fix.text:
            assert _is_placed(followed, decide(_idle(market, followed), now, policy)), fix.text
            continue
        assert _is_placed(followed, decide(_instead(market, followed), now, policy)), fix.text
        # Who has a quota may have used it up for jobs that came before the clone.
        if job.request.user_id not in limited and not job.is_standby:
            clone = replace(followed, id=_CLONE, queued_at=now)
            assert _is_placed(clone, decide(replace(market, jobs=(*market.jobs, clone)), now, policy)), fix.text
    for text in report.suggestions:
        if found := _FEWER_WORKERS.fullmatch(text):
            smaller = replace(job, workers=int(found[1].replace(",", "")))
            assert _is_placed(smaller, decide(_instead(market, smaller), now, policy)), text


@settings(max_examples=25, deadline=None)
@given(seed=seeds, policy=production_policies)
def test_whoever_follows_a_suggestion_is_placed_in_a_market_in_use(seed: int, policy: Policy) -> None:
    """With queue and quotas, attempts that run, windows, gangs, spot, standbys, anti-affinity and kept places.

    The job is placed where it asks for that instead, in its place in the queue, and so is a clone that comes last while
    the job waits on. Of a suggestion that says that an offer is busy, only that it fits.
    """
    market, now = lived(seed, policy)
    waiting = decide(market, now, policy).waiting
    for job in market.jobs:
        if job.id in waiting:
            _check(market, job, waiting[job.id], policy, now)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, policy=production_policies)
def test_whoever_follows_what_a_quote_suggests_has_an_offer(seed: int, policy: Policy) -> None:
    market, now = lived(seed, policy)
    asked = newest_job(draw_request(now, Random(seed)), now, limit_seconds=600)
    fitting, report = explain_next(market, asked, now, policy)
    assert not (fitting and report.fixes)
    for fix in report.fixes:
        if "take it now" in fix.text:
            followed = _asking(asked, fix)
            assert explain_next(market, followed, now, policy)[0], fix.text
            assert _is_placed(followed, decide(replace(market, jobs=(*market.jobs, followed)), now, policy)), fix.text
