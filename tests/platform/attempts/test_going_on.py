"""What a consumer is told of a failover: what was lost, why, where it goes on and from what."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from qubix.schemas.reports import ReportedLog
from qubix.schemas.states import LogStream
from qubix_platform.attempts import ending, reports
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from tests.platform.checkpoints.conftest import Runner
from tests.platform.market_life import POLICY, SECRET, Market

_TOLD = text("""
    select data from outbox where cast(:topic as text) = any (topics) and data ?| array['workerId', 'workerIds']
     order by xid, id
""")
_LOST = {"status": "PENDING", "progress": 0, "cause": "PROVIDER_LOST", "reason": "power cut"}


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


@pytest.fixture
async def runner(market: Market) -> Runner:
    return Runner(market, await market.consumer())


async def _told(market: Market, job_id: UUID) -> list[Any]:
    async with market.database.transaction() as session:
        return list((await session.execute(_TOLD, {"topic": f"job:{job_id}"})).scalars())


async def _output(runner: Runner, job_id: UUID) -> list[tuple[int, str]]:
    async with runner.market.database.transaction() as session:
        entries = await jobs.logs(session, caller=runner.consumer, job_id=job_id, after=-1, limit=100)
    return [(entry.attempt, entry.text) for entry in entries]


def _lines(*numbered: tuple[int, str]) -> list[ReportedLog]:
    return [
        ReportedLog(seq=seq, stream=LogStream.STDOUT, text=text, at=datetime(2026, 11, 22, tzinfo=UTC))
        for seq, text in numbered
    ]


async def _write(market: Market, attempt_id: UUID, job_id: UUID, lines: Sequence[ReportedLog]) -> None:
    async with market.database.transaction() as session:
        await reports.append_logs(session, attempt_id=attempt_id, job_id=job_id, entries=lines, policy=POLICY)


async def test_each_failover_says_where_the_job_goes_on_and_from_what(market: Market, runner: Runner) -> None:
    first, second, third = [await market.machine() for _ in range(3)]
    job = await market.job(runner.consumer)
    lost = await market.assign(job, first)
    await runner.lose(lost)
    again = await market.assign(job, second)
    await runner.start(again, ran=60)
    await runner.checkpoint(again, b"saved")
    await runner.lose(again)
    last = await market.assign(job, third)
    await _write(market, last.attempt_id, job.id, _lines((0, "resumed\n")))

    [saved] = last.checkpoints
    lost_sentence = "was lost: power cut. These seconds are not billed.\n"
    assert await _output(runner, job.id) == [
        (1, f"Provider {first.worker_id} {lost_sentence}"),
        (2, f"Attempt 2 is on {second.worker_id} now, from the start: it has no checkpoint.\n"),
        (2, f"Provider {second.worker_id} {lost_sentence}"),
        (
            3,
            f"Attempt 3 is on {third.worker_id} now, to go on from the checkpoint of attempt 2 "
            f"from {saved.taken_at:%Y-%m-%d %H:%M:%S} UTC.\n",
        ),
        (3, "resumed\n"),
    ]
    is_on = {"jobId": str(job.id), "status": "ASSIGNED"}
    assert await _told(market, job.id) == [
        _LOST | {"jobId": str(job.id), "attempt": 1, "workerId": first.worker_id},
        is_on | {"attempt": 2, "workerIds": [second.worker_id], "checkpointId": None},
        _LOST | {"jobId": str(job.id), "attempt": 2, "workerId": second.worker_id},
        is_on | {"attempt": 3, "workerIds": [third.worker_id], "checkpointId": str(saved.id)},
    ]


async def test_a_takeover_by_who_stood_by_says_so_in_the_same_transaction(market: Market, runner: Runner) -> None:
    first, second = await market.machine(location="de"), await market.machine(location="us")
    job = await market.job(runner.consumer, standby=True)
    runs = await market.assign(job, first)
    await runner.start(runs, ran=60)
    assert await market.stand_by(job, second) is not None
    await runner.checkpoint(runs, b"saved")
    await runner.lose(runs)
    output = await _output(runner, job.id)
    assert [(number, line.split(",")[0]) for number, line in output] == [
        (1, f"Provider {first.worker_id} was lost: power cut. These seconds are not billed.\n"),
        (2, f"Attempt 2 is on {second.worker_id} now"),
    ]
    assert "to go on from the checkpoint of attempt 1 from" in output[1][1]
    assert [(one["status"], one.get("workerIds")) for one in await _told(market, job.id)] == [
        ("PENDING", None),
        ("ASSIGNED", [second.worker_id]),
    ]


async def test_a_gang_is_told_of_once_with_all_of_its_machines(market: Market, runner: Runner) -> None:
    machines = [await market.machine(location="de") for _ in range(3)]
    job = await market.job(runner.consumer, workers=2)

    async def assign(chosen: Sequence[Any]) -> Any:
        async with market.database.transaction() as session:
            places = [market.assignment(job, machine, rank=rank) for rank, machine in enumerate(chosen)]
            return await attempts.assign_all(session, places, policy=POLICY, secret=SECRET)

    started = await assign(machines[:2])
    assert await _output(runner, job.id) == []
    await runner.lose(started[0])
    await assign(machines[1:])
    [(_, line)] = [(number, line) for number, line in await _output(runner, job.id) if number == 2]
    where = f"{machines[1].worker_id} and {machines[2].worker_id}"
    assert line == f"Attempt 2 is on {where} now, from the start: it has no checkpoint.\n"


async def test_no_line_of_the_job_is_taken_for_a_repeat_of_what_the_platform_says(
    market: Market, runner: Runner
) -> None:
    job = await market.job(runner.consumer)
    spec = await market.assign(job, await market.machine())
    await _write(market, spec.attempt_id, job.id, _lines((0, "one\n"), (1, "two\n")))
    async with market.database.transaction() as session:
        assert await ending.notice_preemption(session, spec.attempt_id, reason="another pays more")
    await _write(market, spec.attempt_id, job.id, _lines((1, "two\n"), (2, "three\n")))
    (_, said), (_, last) = (await _output(runner, job.id))[2:]
    assert said.startswith("This has to make room: another pays more.")
    assert last == "three\n"
