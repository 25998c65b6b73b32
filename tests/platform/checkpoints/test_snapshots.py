"""Snapshots of workspaces: kept like checkpoints, cloned from, and gone on from by nobody."""

import pytest

from qubix.schemas.checkpoints import CheckpointFile, CheckpointReport, JobClone
from qubix.schemas.jobs import Job
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.checkpoints.errors import CheckpointUnknown, NothingToCheckpoint
from qubix_platform.jobs.clones import service as clones
from tests.platform.checkpoints.conftest import Runner
from tests.platform.market_life import POLICY, Market


async def _clone(market: Market, runner: Runner, job: Job, request: JobClone) -> Job:
    async with market.database.transaction() as session:
        created = await clones.clone_job(session, caller=runner.consumer, job_id=job.id, request=request, policy=POLICY)
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

    newest = await market.assign(await _clone(market, runner, job, JobClone()), await market.machine())
    assert (len(newest.checkpoints), newest.snapshot) == (1, None)
    cloned = await _clone(market, runner, job, JobClone(checkpoint_id=listed[0].id))
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
