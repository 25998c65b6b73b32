"""What waiting jobs are told, and when."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from qubix.schemas.jobs import Job
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import EventType, JobStatus
from qubix.schemas.waiting import WaitingReport
from qubix_platform.database.connection import Connection
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Decisions, Policy, Snapshot
from qubix_platform.scheduling import repository, service
from qubix_platform.scheduling.models import Explanation, Reading, Standing
from tests.platform.market_life import Market
from tests.platform.placement.market import NOW, job, offer

_STARVED = job(0, gpu_models=("H100",))


def _reading(*, waited: timedelta, standing: Standing | None = None) -> tuple[Reading, Decisions]:
    snapshot = Snapshot(jobs=(_STARVED,), providers=(offer(1),))
    now = _STARVED.queued_at + waited
    decisions = decide(snapshot, now, Policy())
    return Reading(now=now, snapshot=snapshot, standings={_STARVED.id: standing or Standing()}), decisions


def _told(waited: timedelta, standing: Standing | None = None) -> list[Explanation]:
    return service.explanations(*_reading(waited=waited, standing=standing))


def test_a_short_wait_is_not_worth_a_write() -> None:
    assert _told(timedelta(milliseconds=999)) == []


def test_the_reasons_are_written_once_the_wait_is_noticed() -> None:
    (explanation,) = _told(timedelta(seconds=1))
    assert not explanation.is_unassignable
    assert explanation.report.summary == "the only offer has no H100"


def test_after_thirty_seconds_a_job_is_unassignable() -> None:
    _, decisions = _reading(waited=timedelta())
    told = Standing(waiting=decisions.waiting[_STARVED.id], told_at=_STARVED.queued_at)
    assert _told(timedelta(seconds=29.9), told) == []
    (explanation,) = _told(timedelta(seconds=30), told)
    assert explanation.is_unassignable


def test_what_was_written_is_not_written_again() -> None:
    _, decisions = _reading(waited=timedelta())
    told = Standing(waiting=decisions.waiting[_STARVED.id], told_at=NOW, unassignable_since=NOW)
    assert _told(timedelta(minutes=5), told) == []


def test_another_reason_is_written() -> None:
    other = WaitingReport(considered=0, reasons=[], summary="no machine is on the market")
    (explanation,) = _told(timedelta(minutes=5), Standing(waiting=other, told_at=NOW, unassignable_since=NOW))
    assert explanation.is_unassignable


def test_a_lively_market_is_not_written_about_with_every_pass() -> None:
    other = WaitingReport(considered=0, reasons=[], summary="no machine is on the market")
    told = Standing(waiting=other, told_at=_STARVED.queued_at + timedelta(seconds=5))
    assert _told(timedelta(seconds=6.9), told) == []
    assert len(_told(timedelta(seconds=7), told)) == 1


def test_who_has_waited_for_long_is_told_less_often() -> None:
    _, decisions = _reading(waited=timedelta())
    other = decisions.waiting[_STARVED.id].model_copy(update={"summary": "something else"})
    told = Standing(waiting=other, told_at=_STARVED.queued_at + timedelta(seconds=90), unassignable_since=NOW)
    assert _told(timedelta(seconds=99), told) == []
    assert len(_told(timedelta(seconds=100), told)) == 1


async def _wait_long(database: Database, job_id: UUID, *, seconds: int) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("update jobs set queued_at = now() - make_interval(secs => :s) where id = :id"),
            {"s": seconds, "id": job_id},
        )


async def _explain(database: Database, connection: Connection) -> datetime:
    reading = await repository.read_market(connection)
    decisions = decide(reading.snapshot, reading.now, Policy())
    changed = service.explanations(reading, decisions)
    async with database.transaction() as session:
        await service.explain(session, changed)
    return reading.now


async def _events(database: Database, waiting: Job) -> list[dict[str, Any]]:
    async with database.transaction() as session:
        rows = await session.execute(
            text("select data from outbox where type = :type and :topic = any(topics) order by id"),
            {"type": EventType.JOB_PROGRESS.value, "topic": f"job:{waiting.id}"},
        )
        return list(rows.scalars())


async def test_an_unassignable_job_is_marked_with_its_reasons_and_announced_once(
    market: Market, connection: Connection, database: Database
) -> None:
    consumer = await market.consumer()
    await market.machine()
    waiting = await market.job(consumer, resources=ResourceRequest(gpu_count=1, gpu_models=["RTX 3090"]))
    await _wait_long(database, waiting.id, seconds=31)

    decided_at = await _explain(database, connection)
    await _explain(database, connection)

    async with database.transaction() as session:
        found = await jobs.get_job(session, caller=consumer, job_id=waiting.id)
        why = await jobs.why(session, caller=consumer, job_id=waiting.id)
    assert found.status is JobStatus.PENDING
    assert found.unassignable_since is not None
    assert why is not None
    assert why.summary == "the only offer has no RTX 3090"
    assert why.suggestion == "accept RTX 4090 too: 1 offer would take it now"
    assert why.decided_at == decided_at
    (event,) = await _events(database, waiting)
    assert event["status"] == "PENDING"
    assert event["unassignableSince"] == found.unassignable_since.isoformat()
    assert event["why"]["summary"] == why.summary


async def test_a_job_that_waits_a_little_is_explained_without_a_mark(
    market: Market, connection: Connection, database: Database
) -> None:
    consumer = await market.consumer()
    waiting = await market.job(consumer)
    await _wait_long(database, waiting.id, seconds=5)
    await _explain(database, connection)
    async with database.transaction() as session:
        found = await jobs.get_job(session, caller=consumer, job_id=waiting.id)
        why = await jobs.why(session, caller=consumer, job_id=waiting.id)
    assert found.unassignable_since is None
    assert why is not None
    assert why.summary == "no machine is on the market"
    assert await _events(database, waiting) == []


async def test_an_assignment_takes_the_mark_and_the_reasons_away(
    market: Market, connection: Connection, database: Database
) -> None:
    consumer = await market.consumer()
    waiting = await market.job(consumer)
    await _wait_long(database, waiting.id, seconds=31)
    await _explain(database, connection)
    await market.assign(waiting, await market.machine())
    async with database.transaction() as session:
        found = await jobs.get_job(session, caller=consumer, job_id=waiting.id)
        why = await jobs.why(session, caller=consumer, job_id=waiting.id)
    assert (found.status, found.unassignable_since, why) == (JobStatus.ASSIGNED, None, None)
    assert [event["status"] for event in await _events(database, waiting)] == ["PENDING", "ASSIGNED"]


async def test_a_job_that_was_assigned_meanwhile_is_left_alone(
    market: Market, connection: Connection, database: Database
) -> None:
    consumer = await market.consumer()
    waiting = await market.job(consumer)
    await _wait_long(database, waiting.id, seconds=31)
    reading = await repository.read_market(connection)
    changed = service.explanations(reading, decide(reading.snapshot, reading.now, Policy()))
    await market.assign(waiting, await market.machine())
    async with database.transaction() as session:
        await service.explain(session, changed)
        found = await jobs.get_job(session, caller=consumer, job_id=waiting.id)
    assert found.unassignable_since is None


async def test_a_job_that_runs_is_told_why_no_machine_stands_by(market: Market, connection: Connection) -> None:
    consumer, first = await market.consumer(), await market.machine(location="de")
    near = await market.machine(location="de")
    job = await market.job(consumer, standby=True)
    reading = await repository.read_market(connection)
    assert [one.wants_standby for one in reading.snapshot.jobs] == [True]
    await market.assign(job, first)
    reading = await repository.read_market(connection)
    decisions = decide(reading.snapshot, reading.now, Policy())
    changed = service.explanations(replace(reading, now=reading.now + timedelta(seconds=5)), decisions)
    async with market.database.transaction() as session:
        await service.explain(session, changed)
        report = await jobs.why(session, caller=consumer, job_id=job.id)
    assert report is not None
    assert report.for_standby
    assert report.summary.startswith("no machine stands by: ")
    assert [(reason.constraint, reason.removed) for reason in report.reasons] == [("owner", 1), ("site", 1)]
    told = (await repository.read_market(connection)).standings[job.id]
    assert told.waiting == report.model_copy(update={"decided_at": None})
    assert told.unassignable_since is None
    far = await market.machine(location="us")
    reading = await repository.read_market(connection)
    (assignment,) = decide(reading.snapshot, reading.now, Policy()).assignments
    assert (assignment.provider_id, assignment.is_standby) == (far.id, True)
    await market.stand_by(job, far)
    async with market.database.transaction() as session:
        assert await jobs.why(session, caller=consumer, job_id=job.id) is None
    assert near.id != far.id
