"""The life of a job and its attempts against a real database, with the money that goes with it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pydantic import ValidationError
from sqlalchemy import text

from qubix.schemas.jobs import JobCreate
from qubix.schemas.reports import LOG_ENTRIES_PER_ATTEMPT, CompleteReport, ReportedLog, ReportedMetric
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import Cause, CompletionStatus, JobStatus, LogStream
from qubix_platform.attempts import ending, reports
from qubix_platform.attempts import repository as attempt_rows
from qubix_platform.attempts import service as attempts
from qubix_platform.attempts.errors import AssignmentRefused, AttemptFenced, ContradictoryReport
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.jobs.creation import create_job
from qubix_platform.jobs.errors import IdempotencyKeyReused, JobAlreadyFinal, JobNotFound
from qubix_platform.ledger.errors import BalanceTooLow
from qubix_platform.ledger.verify import verify
from tests.platform.market_life import POLICY, Market

COMPLETED = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0, result={"accuracy": 0.97})


def line(seq: int, text: str) -> ReportedLog:
    return ReportedLog(seq=seq, stream=LogStream.STDOUT, text=text, at=datetime.now(UTC))


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


async def assert_books_add_up(market: Market) -> None:
    async with market.database.transaction() as session:
        assert (await verify(session)).mismatches == ()


async def test_a_job_is_held_run_and_settled_to_the_second(market: Market) -> None:
    consumer, machine = await market.consumer(balance=1_000_000), await market.machine(price=360_000)
    job = await market.job(consumer)
    assert job.hold_amount == 720_000 * 600 // 3600
    assert await market.balance(consumer.user_id) == (1_000_000 - job.hold_amount, job.hold_amount)

    spec = await market.assign(job, machine)
    assert [gpu.index for gpu in spec.gpus] == [0]
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await market.backdate_start(spec.attempt_id, seconds=90.7)
    async with market.database.transaction() as session:
        answer = await ending.complete(
            session, attempt_id=spec.attempt_id, job_id=job.id, report=COMPLETED, policy=POLICY
        )

    # Nobody waits for it to be written down, so that a short job may have ended before.
    async with market.database.transaction() as session:
        await attempts.mark_launched(session, {spec.attempt_id: 60.0})
        await attempts.mark_launched(session, {spec.attempt_id: 5.0})
        ages = await session.execute(text("select clock_timestamp() - launched_at as age from attempts"))
        assert timedelta(seconds=60) <= ages.scalar_one() < timedelta(seconds=90)

    cost = 360_000 * 90 // 3600
    assert answer.payment is not None
    assert (answer.payment.billable_seconds, answer.payment.cost) == (90, cost)
    assert await market.balance(machine.user_id) == (cost - cost * 5 // 100, 0)
    assert await market.balance(consumer.user_id) == (1_000_000 - cost, 0)
    async with market.database.transaction() as session:
        receipt = await jobs.receipt(session, caller=consumer, job_id=job.id, policy=POLICY)
        done = await jobs.get_job(session, caller=consumer, job_id=job.id)
    assert receipt.provider_amount + receipt.fee + receipt.refund == receipt.hold
    assert (done.status, done.cause, done.progress) == (JobStatus.COMPLETED, Cause.COMPLETED, 100)
    assert done.result == {"accuracy": 0.97}
    async with market.database.transaction() as session:
        with pytest.raises(JobAlreadyFinal, match="COMPLETED already"):
            await jobs.cancel_job(session, caller=consumer, job_id=job.id)
    await assert_books_add_up(market)


async def test_whoever_is_paid_or_gets_something_back_at_a_jobs_end_is_told_of_it(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine(price=360_000)
    job = await market.job(consumer)
    spec = await market.assign(job, machine)
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await market.backdate_start(spec.attempt_id, seconds=90)
    async with market.database.transaction() as session:
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=COMPLETED, policy=POLICY)
        assert await market.told(machine.user_id) == [], "it is told with the transaction that settles the job"
    earned, _ = await market.balance(machine.user_id)
    assert await market.told(machine.user_id) == [earned]
    async with market.database.transaction() as session:
        receipt = await jobs.receipt(session, caller=consumer, job_id=job.id, policy=POLICY)
    assert await market.told(consumer.user_id) == [-job.hold_amount, receipt.refund]


async def test_a_lost_attempt_costs_nothing_and_its_late_word_is_refused(market: Market) -> None:
    consumer, first, second = await market.consumer(), await market.machine(), await market.machine()
    job = await market.job(consumer)
    lost = await market.assign(job, first)
    async with market.database.transaction() as session:
        await reports.append_logs(
            session, attempt_id=lost.attempt_id, job_id=job.id, entries=[line(0, "one\n")], policy=POLICY
        )
        await reports.mark_started(session, attempt_id=lost.attempt_id, job_id=job.id, policy=POLICY)
    await market.backdate_start(lost.attempt_id, seconds=60)
    async with market.database.transaction() as session:
        assert await ending.lose(session, lost.attempt_id, reason="its node left the cluster", policy=POLICY)
    async with market.database.transaction() as session:
        assert not await ending.lose(session, lost.attempt_id, reason="again", policy=POLICY)

    spec = await market.assign(job, second)
    assert spec.number == 2
    async with market.database.transaction() as session:
        with pytest.raises(AttemptFenced, match="LOST"):
            await ending.complete(session, attempt_id=lost.attempt_id, job_id=job.id, report=COMPLETED, policy=POLICY)
    async with market.database.transaction() as session:
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=COMPLETED, policy=POLICY)
        receipt = await jobs.receipt(session, caller=consumer, job_id=job.id, policy=POLICY)
        output = await jobs.logs(session, caller=consumer, job_id=job.id, after=-1, limit=100)
    assert receipt.lost_seconds_unbilled >= 60
    assert receipt.cost == 0
    assert await market.balance(first.user_id) == (0, 0)
    assert [entry.stream for entry in output] == [LogStream.STDOUT, LogStream.SYSTEM, LogStream.SYSTEM]
    assert output[1].text.startswith(f"Provider {first.worker_id} was lost: its node left the cluster.")
    await assert_books_add_up(market)


async def test_a_job_fails_when_its_attempts_are_used_up_and_everything_goes_back(market: Market) -> None:
    consumer, machine = await market.consumer(balance=500_000), await market.machine()
    job = await market.job(consumer, max_attempts=2)
    for _ in range(2):
        spec = await market.assign(job, machine)
        async with market.database.transaction() as session:
            await ending.lose(session, spec.attempt_id, reason="power cut", policy=POLICY)
    async with market.database.transaction() as session:
        failed = await jobs.get_job(session, caller=consumer, job_id=job.id)
    assert (failed.status, failed.cause, failed.actual_cost) == (JobStatus.FAILED, Cause.PROVIDER_LOST, 0)
    assert await market.balance(consumer.user_id) == (500_000, 0)
    await assert_books_add_up(market)


async def test_a_machine_that_overheats_is_named_as_such_and_the_job_goes_on(market: Market) -> None:
    consumer, hot, cool = await market.consumer(), await market.machine(), await market.machine()
    job = await market.job(consumer)
    spec = await market.assign(job, hot)
    too_hot = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.OVERHEATED, error="A card was too hot.")
    async with market.database.transaction() as session:
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=too_hot, policy=POLICY)
    again = await market.assign(job, cool)
    async with market.database.transaction() as session:
        await ending.complete(session, attempt_id=again.attempt_id, job_id=job.id, report=COMPLETED, policy=POLICY)
        receipt = await jobs.receipt(session, caller=consumer, job_id=job.id, policy=POLICY)
        told = text("select data ->> 'status' from outbox where data ->> 'jobId' = :id and data ->> 'cause' = :cause")
        events = await session.execute(told, {"id": str(job.id), "cause": "OVERHEATED"})
        assert list(events.scalars()) == ["PENDING"]
    assert [one.cause for one in receipt.attempts] == [Cause.OVERHEATED, Cause.COMPLETED]


async def test_a_waiting_job_is_cancelled_at_once_and_refunded(market: Market) -> None:
    consumer = await market.consumer(balance=500_000)
    job = await market.job(consumer)
    async with market.database.transaction() as session:
        answer = await jobs.cancel_job(session, caller=consumer, job_id=job.id)
    assert answer.job.status is JobStatus.CANCELLED
    async with market.database.transaction() as session:
        again = await jobs.cancel_job(session, caller=consumer, job_id=job.id)
    assert again.job.status is JobStatus.CANCELLED
    assert await market.balance(consumer.user_id) == (500_000, 0)
    await assert_books_add_up(market)


async def test_a_running_job_is_told_to_stop_and_pays_for_what_it_used(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine(price=360_000)
    job = await market.job(consumer)
    spec = await market.assign(job, machine)
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    async with market.database.transaction() as session:
        answer = await jobs.cancel_job(session, caller=consumer, job_id=job.id)
    assert answer.job.cancel_requested
    async with market.database.transaction() as session:
        to_stop = await attempts.renew_leases(
            session, provider_id=machine.id, attempt_ids=[spec.attempt_id], policy=POLICY
        )
        heard = await reports.report_progress(
            session, attempt_id=spec.attempt_id, job_id=job.id, progress=10, sample=None, policy=POLICY
        )
    assert to_stop == [spec.attempt_id]
    assert heard.cancel
    await market.backdate_start(spec.attempt_id, seconds=10)
    cancelled = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.CANCELLED, exit_code=-9)
    async with market.database.transaction() as session:
        ended = await ending.complete(
            session, attempt_id=spec.attempt_id, job_id=job.id, report=cancelled, policy=POLICY
        )
    assert ended.payment is not None
    assert ended.payment.cost == 1000
    async with market.database.transaction() as session:
        assert (await jobs.get_job(session, caller=consumer, job_id=job.id)).status is JobStatus.CANCELLED
    await assert_books_add_up(market)


async def test_progress_and_repeated_output_never_go_back(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    job = await market.job(consumer)
    spec = await market.assign(job, machine)
    async with market.database.transaction() as session:
        for progress in (40, 20, 60):
            await reports.report_progress(
                session, attempt_id=spec.attempt_id, job_id=job.id, progress=progress, sample=None, policy=POLICY
            )
        for entries in ([line(0, "a"), line(1, "b")], [line(1, "b"), line(2, "c")]):
            await reports.append_logs(
                session, attempt_id=spec.attempt_id, job_id=job.id, entries=entries, policy=POLICY
            )
        output = await jobs.logs(session, caller=consumer, job_id=job.id, after=-1, limit=100)
        now = await jobs.get_job(session, caller=consumer, job_id=job.id)
    assert now.progress == 60
    assert "".join(entry.text for entry in output) == "abc"


async def test_whose_output_is_seen_runs_whichever_report_comes_first(market: Market) -> None:
    consumer = await market.consumer()
    job = await market.job(consumer)
    spec = await market.assign(job, await market.machine())
    seen: list[JobStatus] = []
    for stream in (LogStream.SYSTEM, LogStream.STDERR):
        entry = line(len(seen), "environment ready\n").model_copy(update={"stream": stream})
        async with market.database.transaction() as session:
            await reports.append_logs(
                session, attempt_id=spec.attempt_id, job_id=job.id, entries=[entry], policy=POLICY
            )
            seen.append((await jobs.get_job(session, caller=consumer, job_id=job.id)).status)
    assert seen == [JobStatus.ASSIGNED, JobStatus.RUNNING]


async def test_foolish_and_repeated_samples_do_no_harm(market: Market) -> None:
    job = await market.job(await market.consumer())
    spec = await market.assign(job, await market.machine())
    now = datetime.now(UTC)
    samples = [
        ReportedMetric(at=now, cpu_percent=1, memory_mib=1e39, gpu_memory_mib=1e300),
        ReportedMetric(at=now + timedelta(seconds=1), cpu_percent=1, memory_mib=5),
    ]
    for reported in (samples, samples[1:] * 2):
        async with market.database.transaction() as session:
            await reports.append_metrics(
                session, attempt_id=spec.attempt_id, job_id=job.id, samples=reported, policy=POLICY
            )
    async with market.database.transaction() as session:
        stored = text("select memory_mib, gpu_memory_mib from attempt_metrics where job_id = :id order by at")
        most = pytest.approx(1e30, rel=1e-6)
        assert (await session.execute(stored, {"id": job.id})).all() == [(most, most), (5, None)]


async def test_output_beyond_the_limit_ends_with_a_word_on_that_and_the_platform_is_heard_after_it(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MAX_LOG_BYTES_PER_JOB", 7)
    consumer, machine = await market.consumer(), await market.machine()
    job = await market.job(consumer)
    spec = await market.assign(job, machine)
    for entry in (line(0, "äää"), line(1, "öö"), line(LOG_ENTRIES_PER_ATTEMPT - 1, "more")):
        async with market.database.transaction() as session:
            await reports.append_logs(
                session, attempt_id=spec.attempt_id, job_id=job.id, entries=[entry], policy=POLICY
            )
    async with market.database.transaction() as session:
        await ending.lose(session, spec.attempt_id, reason="power cut", policy=POLICY)
    async with market.database.transaction() as session:
        output = await jobs.logs(session, caller=consumer, job_id=job.id, after=-1, limit=100)
    assert [entry.text[:12] for entry in output] == ["äää", "öö", "The output b", "Provider wor"]


async def test_whoever_uses_the_last_number_of_a_line_can_still_be_given_up(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    job = await market.job(consumer)
    for number in (1, 2):
        spec = await market.assign(job, machine)
        async with market.database.transaction() as session:
            last = line(LOG_ENTRIES_PER_ATTEMPT - 1, f"last of {number}")
            await reports.append_logs(session, attempt_id=spec.attempt_id, job_id=job.id, entries=[last], policy=POLICY)
            await ending.lose(session, spec.attempt_id, reason="power cut", policy=POLICY)
    async with market.database.transaction() as session:
        output = await jobs.logs(session, caller=consumer, job_id=job.id, after=-1, limit=100)
    assert [entry.text[:9] for entry in output] == ["last of 1", "Provider ", "Attempt 2", "last of 2", "Provider "]
    with pytest.raises(ValidationError):
        line(LOG_ENTRIES_PER_ATTEMPT, "beyond")


@pytest.mark.parametrize(("noticed", "cause"), [(False, Cause.PLATFORM_ERROR), (True, Cause.PREEMPTED)])
async def test_a_runner_cancels_nothing_that_its_consumer_did_not(market: Market, noticed: bool, cause: Cause) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    job = await market.job(consumer)
    spec = await market.assign(job, machine)
    cancelled = CompleteReport(status=CompletionStatus.FAILED, cause=Cause.CANCELLED, exit_code=-9)
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
        if noticed:
            await ending.notice_preemption(session, spec.attempt_id, reason="for the test")
    await market.backdate_start(spec.attempt_id, seconds=60)
    async with market.database.transaction() as session:
        await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=cancelled, policy=POLICY)
    async with market.database.transaction() as session:
        now = await jobs.get_job(session, caller=consumer, job_id=job.id)
        (ended,) = await attempt_rows.of_job(session, job.id)
    assert (now.status, ended.cause) == (JobStatus.PENDING, cause)
    assert noticed or ended.cost == 0
    await assert_books_add_up(market)


async def test_the_database_refuses_a_second_job_on_a_taken_gpu(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    first, second = await market.job(consumer), await market.job(consumer)
    await market.assign(first, machine)
    with pytest.raises(AssignmentRefused, match="gpus_share_within_card"):
        await market.assign(second, machine)
    with pytest.raises(AssignmentRefused, match="no longer waits"):
        await market.assign(first, machine)


async def test_the_database_refuses_a_second_job_beyond_the_disk(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    first, second, small = [
        await market.job(consumer, resources=ResourceRequest(disk_mib=asked)) for asked in (300_000, 300_000, 200_000)
    ]
    spec = await market.assign(first, machine)
    with pytest.raises(AssignmentRefused, match="providers_disk_within_capacity"):
        await market.assign(second, machine)
    await market.assign(small, machine)
    async with market.database.transaction() as session:
        await ending.lose(session, spec.attempt_id, reason="for the test", policy=POLICY)
    await market.assign(second, machine)


async def test_two_schedulers_at_once_give_a_job_away_once(market: Market) -> None:
    consumer = await market.consumer()
    machines = [await market.machine() for _ in range(4)]
    job = await market.job(consumer)
    outcomes = await asyncio.gather(*(market.assign(job, machine) for machine in machines), return_exceptions=True)
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, AssignmentRefused) for outcome in outcomes) == 3


async def test_shares_of_one_gpu_add_up_to_the_whole_card(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    share = ResourceRequest(gpu_count=1, gpu_share_milli=400)
    two = [await market.job(consumer, resources=share) for _ in range(3)]
    await market.assign(two[0], machine)
    await market.assign(two[1], machine)
    with pytest.raises(AssignmentRefused):
        await market.assign(two[2], machine)


async def test_a_job_that_cannot_be_paid_is_refused_and_leaves_nothing(market: Market) -> None:
    consumer = await market.consumer(balance=100)
    with pytest.raises(BalanceTooLow, match="does not cover 120000 QU"):
        await market.job(consumer)
    assert await market.balance(consumer.user_id) == (100, 0)


async def test_an_idempotency_key_makes_one_job(market: Market) -> None:
    consumer = await market.consumer()
    request = JobCreate(source="print(1)", max_price=3600, time_limit_seconds=60)

    async def create(request: JobCreate) -> object:
        async with market.database.transaction() as session:
            return (await create_job(session, caller=consumer, request=request, idempotency_key="once")).job.id

    ids = await asyncio.gather(*(create(request) for _ in range(5)))
    assert len(set(ids)) == 1
    with pytest.raises(IdempotencyKeyReused):
        await create(request.model_copy(update={"max_price": 1}))
    assert (await market.balance(consumer.user_id))[1] == 60


async def test_strangers_do_not_learn_that_a_job_exists(market: Market) -> None:
    owner, stranger = await market.consumer(), await market.consumer()
    job = await market.job(owner)
    async with market.database.transaction() as session:
        for call in (jobs.get_job, jobs.artifacts, jobs.why):
            with pytest.raises(JobNotFound):
                await call(session, caller=stranger, job_id=job.id)


async def test_a_report_that_contradicts_itself_is_refused(market: Market) -> None:
    consumer, machine = await market.consumer(), await market.machine()
    job = await market.job(consumer)
    spec = await market.assign(job, machine)
    wrong = CompleteReport(status=CompletionStatus.COMPLETED, cause=Cause.TIMEOUT)
    async with market.database.transaction() as session:
        with pytest.raises(ContradictoryReport, match="TIMEOUT"):
            await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=wrong, policy=POLICY)
        with pytest.raises(ContradictoryReport, match="speaks for job"):
            await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=uuid4(), policy=POLICY)
