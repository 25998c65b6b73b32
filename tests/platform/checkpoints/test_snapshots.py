"""Snapshots of workspaces: kept like checkpoints, cloned from, and gone on from by nobody."""

from uuid import UUID

import pytest
from sqlalchemy import text

from qubix.errors import SnapshotRefused
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.checkpoints import (
    MAX_PINNED,
    Checkpoint,
    CheckpointFile,
    CheckpointReport,
    JobClone,
    SnapshotFailure,
    SnapshotOutcome,
)
from qubix.schemas.jobs import Job
from qubix.schemas.reports import ReportAnswer
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import SnapshotStatus
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.checkpoints import snapshots
from qubix_platform.checkpoints.errors import (
    CheckpointUnknown,
    DiskTooSmall,
    NoRoomForSnapshot,
    NothingToCheckpoint,
    SnapshotNotFound,
)
from qubix_platform.jobs.clones import service as clones
from tests.platform.checkpoints.conftest import Runner
from tests.platform.market_life import POLICY, Market


async def _clone(market: Market, runner: Runner, job_id: UUID, request: JobClone) -> Job:
    async with market.database.transaction() as session:
        created = await clones.clone_job(session, caller=runner.consumer, job_id=job_id, request=request, policy=POLICY)
    return created.job


async def test_a_snapshot_is_asked_for_of_what_runs_kept_and_given_to_clones_alone(
    market: Market, runner: Runner
) -> None:
    job, machine = await market.job(runner.consumer), await market.machine()
    async with market.database.transaction() as session:
        with pytest.raises(NothingToCheckpoint):
            await checkpoints.request_snapshot(session, caller=runner.consumer, job_id=job.id)
    spec = await market.assign(job, machine)
    await runner.start(spec, ran=60)
    async with market.database.transaction() as session:
        await checkpoints.request_snapshot(session, caller=runner.consumer, job_id=job.id)

    told = await runner.checkpoint(spec, b"weights")
    assert (told.snapshot, told.checkpoint) == (True, False)
    file = CheckpointFile(path="job/main.py", size=3, parts=[await runner.upload(b"abc")])
    async with market.database.transaction() as session:
        answer = await checkpoints.store(
            session,
            attempt_id=spec.attempt_id,
            job_id=job.id,
            report=CheckpointReport(number=2, files=[file], snapshot=True),
            policy=POLICY,
        )
        listed = await checkpoints.of_job(session, caller=runner.consumer, job_id=job.id)
    assert answer.success
    assert [(one.number, one.is_snapshot, one.is_pinned) for one in listed] == [(2, True, True), (1, False, False)]

    newest = await market.assign(await _clone(market, runner, job.id, JobClone()), await market.machine())
    assert (len(newest.checkpoints), newest.snapshot) == (1, None)
    cloned = await _clone(market, runner, job.id, JobClone(checkpoint_id=listed[0].id))
    begun = await market.assign(cloned, await market.machine())
    assert begun.snapshot is not None
    assert (begun.checkpoints, begun.snapshot.files) == ([], [file])
    with pytest.raises(CheckpointUnknown):
        await runner.resume(begun, begun.snapshot.id)

    await runner.start(begun)
    for number in range(1, 6):
        await runner.checkpoint(begun, b"%d" % number, number=number)
    await runner.lose(begun)
    again = await market.assign(cloned, await market.machine())
    assert again.snapshot is not None
    assert again.snapshot.files == [file]
    assert len(again.checkpoints) == 3
    assert again.number == 2


async def _running(market: Market, runner: Runner) -> AttemptSpec:
    spec = await market.assign(await market.job(runner.consumer), await market.machine())
    await runner.start(spec, ran=60)
    return spec


async def _ask(market: Market, runner: Runner, spec: AttemptSpec) -> None:
    async with market.database.transaction() as session:
        await checkpoints.request_snapshot(session, caller=runner.consumer, job_id=spec.job_id)


async def _report(
    market: Market, runner: Runner, spec: AttemptSpec, *, number: int, content: bytes = b"abc", age: float = 0
) -> None:
    file = CheckpointFile(path="job/main.py", size=len(content), parts=[await runner.upload(content)])
    report = CheckpointReport(number=number, age_seconds=age, files=[file], snapshot=True)
    async with market.database.transaction() as session:
        await checkpoints.store(session, attempt_id=spec.attempt_id, job_id=spec.job_id, report=report, policy=POLICY)


async def _kept(market: Market, runner: Runner, spec: AttemptSpec) -> list[Checkpoint]:
    async with market.database.transaction() as session:
        return await checkpoints.of_job(session, caller=runner.consumer, job_id=spec.job_id)


async def test_one_request_is_answered_by_one_snapshot_that_is_newer(market: Market, runner: Runner) -> None:
    spec = await _running(market, runner)
    with pytest.raises(SnapshotRefused, match="nobody"):
        await _report(market, runner, spec, number=1)
    await _ask(market, runner, spec)
    with pytest.raises(SnapshotRefused, match="after it was taken"):
        await _report(market, runner, spec, number=2, age=30)
    for _ in range(2):  # whoever got no answer says it again
        await _report(market, runner, spec, number=3)
    with pytest.raises(SnapshotRefused, match="nobody"):
        await _report(market, runner, spec, number=4)
    assert [one.number for one in await _kept(market, runner, spec)] == [3]


async def _outcome(market: Market, runner: Runner, spec: AttemptSpec) -> SnapshotOutcome:
    async with market.database.transaction() as session:
        return await snapshots.of_job(session, caller=runner.consumer, job_id=spec.job_id)


async def _fail(market: Market, spec: AttemptSpec, why: str, *, age: float = 0) -> ReportAnswer:
    async with market.database.transaction() as session:
        failure = SnapshotFailure(age_seconds=age, why=why)
        return await snapshots.fail(
            session, attempt_id=spec.attempt_id, job_id=spec.job_id, failure=failure, policy=POLICY
        )


async def test_a_request_ends_by_a_snapshot_or_by_why_there_is_none(market: Market, runner: Runner) -> None:
    spec = await _running(market, runner)
    with pytest.raises(SnapshotNotFound):
        await _outcome(market, runner, spec)
    await _fail(market, spec, "nobody asked")
    with pytest.raises(SnapshotNotFound):
        await _outcome(market, runner, spec)

    await _ask(market, runner, spec)
    await _fail(market, spec, "an older try came to nothing", age=30)
    assert (await _outcome(market, runner, spec)).status is SnapshotStatus.PENDING
    for _ in range(2):  # whoever got no answer says it again
        await _fail(market, spec, "its files take 20000 MiB")
    failed = await _outcome(market, runner, spec)
    assert (failed.status, failed.why) == (SnapshotStatus.FAILED, "its files take 20000 MiB")
    told = await runner.checkpoint(spec, b"weights", number=8)
    assert not told.snapshot

    await _ask(market, runner, spec)
    assert (await _outcome(market, runner, spec)).status is SnapshotStatus.PENDING
    await _report(market, runner, spec, number=9)
    stored = await _outcome(market, runner, spec)
    assert stored.snapshot is not None
    assert (stored.status, stored.snapshot.number, stored.why) == (SnapshotStatus.STORED, 9, None)

    await _ask(market, runner, spec)
    await runner.complete(spec)
    ended = await _outcome(market, runner, spec)
    assert (ended.status, ended.why) == (SnapshotStatus.FAILED, "the job ended before one was stored")


async def test_no_snapshot_goes_beyond_what_may_be_kept(market: Market, runner: Runner) -> None:
    spec = await _running(market, runner)
    await _ask(market, runner, spec)
    async with market.database.transaction() as session:
        await session.execute(
            text("""
                insert into checkpoints (job_id, attempt_id, attempt, number, taken_at, size, files, is_pinned)
                select :job_id, :attempt_id, 1, n, now(), 0, '[]', true from generate_series(101, 100 + :pinned) n
            """),
            {"job_id": spec.job_id, "attempt_id": spec.attempt_id, "pinned": MAX_PINNED},
        )
    with pytest.raises(NoRoomForSnapshot, match="may be kept"):
        await _report(market, runner, spec, number=1)
    assert len(await _kept(market, runner, spec)) == MAX_PINNED


async def test_a_clone_needs_a_disk_for_what_it_begins_with(market: Market, runner: Runner) -> None:
    spec = await _running(market, runner)
    await _ask(market, runner, spec)
    await _report(market, runner, spec, number=1, content=b"x" * ((16 << 20) + 1))
    [snapshot] = await _kept(market, runner, spec)
    small, large = (
        JobClone(checkpoint_id=snapshot.id, resources=ResourceRequest(disk_mib=disk_mib)) for disk_mib in (16, 17)
    )
    with pytest.raises(DiskTooSmall, match="17 MiB"):
        await _clone(market, runner, spec.job_id, small)
    await _clone(market, runner, spec.job_id, large)
