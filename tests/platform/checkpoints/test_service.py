"""Checkpoints against a real database, with the money of the attempts that were lost after taking them."""

from pathlib import Path
from uuid import uuid4

import pytest

from qubix.schemas.checkpoints import MAX_CHECKPOINT_BYTES, CheckpointFile
from qubix.schemas.states import AttemptStatus
from qubix_platform.attempts import ending
from qubix_platform.attempts import service as attempts
from qubix_platform.attempts.errors import AttemptFenced
from qubix_platform.blobs.storage import BlobStorage
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.checkpoints.errors import (
    CheckpointIncomplete,
    CheckpointTooLarge,
    CheckpointUnknown,
    NothingToCheckpoint,
)
from qubix_platform.checkpoints.leftovers import clear_leftovers
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.errors import JobNotFound
from qubix_platform.ledger.verify import verify
from tests.platform.checkpoints.conftest import Runner, pass_hours
from tests.platform.market_life import POLICY, SECRET, Market

PRICE = 360_000
"""QU per hour: 100 a second."""


async def assert_books_add_up(market: Market) -> None:
    async with market.database.transaction() as session:
        assert (await verify(session)).mismatches == ()


async def test_the_next_attempt_gets_the_newest_and_two_before_it(market: Market, runner: Runner) -> None:
    job = await market.job(runner.consumer)
    first = await market.assign(job, await market.machine())
    assert first.checkpoints == []
    await runner.start(first)
    for number in range(1, 6):
        await runner.checkpoint(first, b"same", b"%d" % number, number=number)
    await runner.checkpoint(first, b"a repeat changes nothing", number=5)
    await runner.lose(first)

    second = await market.assign(job, await market.machine())
    assert [one.attempt for one in second.checkpoints] == [1, 1, 1]
    assert [file.path for file in second.checkpoints[0].files] == ["0.ckpt", "1.ckpt"]
    assert second.checkpoints[0].files[1].parts == [await runner.upload(b"5")]
    await runner.checkpoint(second, b"6")
    async with market.database.transaction() as session:
        seen = await checkpoints.of_job(session, caller=runner.consumer, job_id=job.id)
        monitor = await jobs.monitor(session, caller=runner.consumer, job_id=job.id, now=job.created_at)
    assert [(one.attempt, one.number, one.files, one.size) for one in seen] == [
        (2, 1, 1, 1),
        (1, 5, 2, 5),
        (1, 4, 2, 5),
    ]
    assert monitor.checkpoints == seen


async def test_a_pulling_provider_gets_it_with_the_mailbox(market: Market, runner: Runner) -> None:
    job = await market.job(runner.consumer)
    lost = await market.assign(job, await market.machine())
    await runner.checkpoint(lost, b"state")
    await runner.lose(lost)
    puller = await market.machine(kind="NATIVE")
    assigned = await market.assign(job, puller)
    async with market.database.transaction() as session:
        [entry] = await attempts.pending_for(session, puller.worker_id, policy=POLICY, secret=SECRET)
        relaunched = await attempts.spec_of(session, assigned.attempt_id, policy=POLICY, secret=SECRET)
    assert entry.spec == relaunched == assigned
    assert [one.attempt for one in entry.spec.checkpoints] == [1]


async def test_only_whoever_holds_the_lease_is_heard(market: Market, runner: Runner) -> None:
    job = await market.job(runner.consumer)
    lost = await market.assign(job, await market.machine())
    await runner.checkpoint(lost, b"in time")
    await runner.lose(lost)
    second = await market.assign(job, await market.machine())
    with pytest.raises(AttemptFenced, match="LOST"):
        await runner.checkpoint(lost, b"too late", number=2)
    with pytest.raises(AttemptFenced, match="LOST"):
        await runner.resume(lost, second.checkpoints[0].id)
    assert len(second.checkpoints) == 1


async def test_what_was_not_uploaded_or_is_too_large_is_refused(market: Market, runner: Runner) -> None:
    spec = await market.assign(await market.job(runner.consumer), await market.machine())
    stored = await runner.upload(b"1234")
    with pytest.raises(CheckpointIncomplete, match=r"'a\.pt'"):
        await runner.report(spec, [CheckpointFile(path="a.pt", size=4, parts=["0" * 64])])
    with pytest.raises(CheckpointIncomplete):
        await runner.report(spec, [CheckpointFile(path="a.pt", size=5, parts=[stored])])
    with pytest.raises(CheckpointTooLarge, match="Save less"):
        await runner.report(spec, [CheckpointFile(path="a.pt", size=MAX_CHECKPOINT_BYTES + 1, parts=[stored])])
    await runner.report(
        spec, [CheckpointFile(path="a.pt", size=8, parts=[stored, stored]), CheckpointFile(path="empty", size=0)]
    )


async def test_somebody_elses_blobs_are_none(market: Market, runner: Runner) -> None:
    spec = await market.assign(await market.job(runner.consumer), await market.machine())
    stranger = Runner(market, await market.consumer())
    theirs = await stranger.upload(b"theirs")
    with pytest.raises(CheckpointIncomplete):
        await runner.report(spec, [CheckpointFile(path="a", size=6, parts=[theirs])])
    with pytest.raises(JobNotFound):
        async with market.database.transaction() as session:
            await checkpoints.of_job(session, caller=stranger.consumer, job_id=spec.job_id)


async def test_a_lost_provider_is_paid_up_to_what_its_successor_went_on_from(market: Market, runner: Runner) -> None:
    job = await market.job(runner.consumer)
    first_machine, second_machine = await market.machine(price=PRICE), await market.machine(price=PRICE)
    first = await market.assign(job, first_machine)
    await runner.start(first, ran=100.5)
    await runner.checkpoint(first, b"state", age=40)
    await runner.lose(first)
    assert await market.balance(first_machine.user_id) == (0, 0)

    second = await market.assign(job, second_machine)
    assert second.time_limit_seconds == 600
    [saved] = second.checkpoints
    assert await runner.resume(second, saved.id) == 540
    assert await runner.resume(second, saved.id) == 540
    assert await market.balance(first_machine.user_id) == (60 * 100 * 95 // 100, 0)
    await assert_books_add_up(market)

    await runner.start(second, ran=30.5)
    await runner.complete(second)
    assert await market.balance(first_machine.user_id) == (60 * 100 * 95 // 100, 0)
    assert await market.balance(second_machine.user_id) == (30 * 100 * 95 // 100, 0)
    async with market.database.transaction() as session:
        receipt = await jobs.receipt(session, caller=runner.consumer, job_id=job.id, policy=POLICY)
    assert receipt.cost == 90 * 100
    assert receipt.provider_amount + receipt.fee + receipt.refund == receipt.hold == sum(x.amount for x in receipt.legs)
    assert [(s.attempt, s.begin, s.end, s.billed, s.cause, s.amount) for s in receipt.stretches] == [
        (1, 0, 60, True, "RESUMED", 6000),
        (1, 60, 100, False, "PROVIDER_LOST", 0),
        (2, 0, 30, True, "COMPLETED", 3000),
    ]
    assert [(one.status, one.cost, one.resumed_seconds) for one in receipt.attempts] == [
        (AttemptStatus.LOST, 6000, 60),
        (AttemptStatus.COMPLETED, 3000, 0),
    ]
    assert receipt.attempts[1].resumed_from == saved.id
    assert receipt.lost_seconds_unbilled == 40
    await assert_books_add_up(market)


async def test_an_older_checkpoint_pays_for_less_and_a_newer_one_after_it_for_the_rest(
    market: Market, runner: Runner
) -> None:
    job = await market.job(runner.consumer)
    machine = await market.machine(price=PRICE, gpus=3)
    first = await market.assign(job, machine)
    await runner.start(first, ran=100.5)
    await runner.checkpoint(first, b"older", number=1, age=70)
    await runner.checkpoint(first, b"newer", number=2, age=20)
    await runner.lose(first)
    second = await market.assign(job, await market.machine())
    assert await runner.resume(second, second.checkpoints[1].id) == 570
    await runner.lose(second)
    third = await market.assign(job, await market.machine())
    assert third.time_limit_seconds == 570
    assert await runner.resume(third, third.checkpoints[0].id) == 520
    assert await market.balance(machine.user_id) == (80 * 100 * 95 // 100, 0)
    await runner.complete(third)
    await assert_books_add_up(market)


async def test_what_is_not_resumed_from_stays_unpaid(market: Market, runner: Runner) -> None:
    job = await market.job(runner.consumer)
    machine = await market.machine(price=PRICE)
    first = await market.assign(job, machine)
    await runner.start(first, ran=100)
    await runner.checkpoint(first, b"state")
    await runner.lose(first)
    second = await market.assign(job, await market.machine(price=PRICE))
    await runner.start(second)
    with pytest.raises(CheckpointUnknown):
        await runner.resume(second, second.checkpoints[0].id)
    with pytest.raises(CheckpointUnknown):
        await runner.resume(second, uuid4())
    await runner.complete(second)
    assert await market.balance(machine.user_id) == (0, 0)
    await assert_books_add_up(market)


async def test_an_attempt_cannot_resume_from_its_own_or_another_jobs(market: Market, runner: Runner) -> None:
    other = await market.assign(await market.job(runner.consumer), await market.machine())
    await runner.checkpoint(other, b"state")
    await runner.lose(other)
    spec = await market.assign(await market.job(runner.consumer), await market.machine())
    async with market.database.transaction() as session:
        [theirs] = await checkpoints.of_job(session, caller=runner.consumer, job_id=other.job_id)
    with pytest.raises(CheckpointUnknown):
        await runner.resume(spec, theirs.id)


async def test_a_runner_is_asked_until_it_has_taken_one(market: Market, runner: Runner) -> None:
    job = await market.job(runner.consumer)
    spec = await market.assign(job, await market.machine())
    with pytest.raises(NothingToCheckpoint, match="ASSIGNED"):
        async with market.database.transaction() as session:
            await checkpoints.request(session, caller=runner.consumer, job_id=job.id)
    await runner.start(spec, ran=60)
    async with market.database.transaction() as session:
        assert (await checkpoints.request(session, caller=runner.consumer, job_id=job.id)).success
    assert (await runner.checkpoint(spec, b"of before", age=30)).checkpoint
    assert (await runner.checkpoint(spec, b"of now", number=2)).checkpoint
    assert not (await runner.checkpoint(spec, b"later", number=3)).checkpoint

    async with market.database.transaction() as session:
        await ending.notice_preemption(session, spec.attempt_id, reason="for the test")
    assert (await runner.checkpoint(spec, b"of before", number=4, age=30)).checkpoint


async def test_checkpoints_of_a_job_that_ended_are_kept_for_a_day(
    market: Market, runner: Runner, tmp_path: Path
) -> None:
    done = await market.assign(await market.job(runner.consumer), await market.machine())
    await runner.checkpoint(done, b"state")
    await runner.complete(done)
    other = await market.assign(await market.job(runner.consumer), await market.machine())
    for number, (hours, kept) in enumerate([(0, 1), (23, 1), (1, 0)], start=1):
        await pass_hours(market.database, hours)
        await runner.checkpoint(other, b"state", number=number)
        await clear_leftovers(market.database, BlobStorage(f"file://{tmp_path}"))
        async with market.database.transaction() as session:
            assert len(await checkpoints.of_job(session, caller=runner.consumer, job_id=done.job_id)) == kept
            assert len(await checkpoints.of_job(session, caller=runner.consumer, job_id=other.job_id)) == number
