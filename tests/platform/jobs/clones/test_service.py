"""New jobs that begin with what old ones saved."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from qubix.schemas.arrays import ArrayCreate
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.checkpoints import Checkpoint, JobClone
from qubix.schemas.jobs import Job
from qubix.schemas.resources import ResourceRequest
from qubix_platform.attempts import service as attempts
from qubix_platform.auth.callers import UserCaller
from qubix_platform.blobs.storage import BlobStorage
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.checkpoints.errors import CheckpointNotYours, CheckpointUnpaid
from qubix_platform.checkpoints.leftovers import clear_leftovers
from qubix_platform.database.session import Database
from qubix_platform.jobs.arrays import service as arrays
from qubix_platform.jobs.clones.service import clone_job
from qubix_platform.jobs.errors import JobNotFound
from qubix_platform.ledger.verify import verify
from tests.platform.checkpoints.conftest import Runner, pass_hours
from tests.platform.jobs.conftest import Life
from tests.platform.market_life import POLICY, SECRET


@pytest.fixture
async def runner(life: Life) -> Runner:
    return Runner(life, await life.consumer(balance=1_000_000))


async def clone(life: Life, caller: UserCaller, job_id: UUID, *, key: str | None = None, **changes: object) -> Job:
    request = JobClone.model_validate(changes)
    async with life.database.transaction() as session:
        created = await clone_job(
            session, caller=caller, job_id=job_id, request=request, idempotency_key=key, policy=POLICY
        )
    return created.job


async def saved(life: Life, caller: UserCaller, job_id: UUID) -> list[Checkpoint]:
    async with life.database.transaction() as session:
        return await checkpoints.of_job(session, caller=caller, job_id=job_id)


async def ran(life: Life, runner: Runner, **changes: object) -> AttemptSpec:
    """A job that saved two checkpoints and completed."""
    job = await life.job(runner.consumer, **changes)
    spec = await life.assign(job, await life.machine())
    await runner.start(spec, ran=60)
    await runner.checkpoint(spec, b"one", number=1)
    await runner.checkpoint(spec, b"two", b"more", number=2)
    await runner.complete(spec)
    return spec


async def test_a_clone_may_ask_for_another_machine(life: Life, runner: Runner) -> None:
    spec = await ran(life, runner, source="print('train')", resources=ResourceRequest(gpu_count=1, min_vram_mib=1000))
    smaller = ResourceRequest(gpu_count=1, min_vram_mib=500, locations=["eu-west"])

    copy = await clone(life, runner.consumer, spec.job_id, resources=smaller)

    assert copy.resources == smaller


async def test_a_clone_is_like_the_job_and_begins_with_its_newest_checkpoint(life: Life, runner: Runner) -> None:
    needs = ResourceRequest(gpu_count=1, min_vram_mib=1000)
    spec = await ran(
        life, runner, source="print('train')", env={"A": "b"}, resources=needs, max_attempts=2, name="train"
    )
    newest = (await saved(life, runner.consumer, spec.job_id))[0]

    copy = await clone(life, runner.consumer, spec.job_id, max_price=360_000)

    assert (copy.name, copy.max_price, copy.resources, copy.hold_amount) == ("train", 360_000, needs, 60_000)
    (given,) = await saved(life, runner.consumer, copy.id)
    assert (given.attempt, given.files, given.size, given.taken_at) == (0, 2, newest.size, newest.taken_at)
    attempt = await life.assign(copy, await life.machine())
    assert (attempt.source, attempt.env) == ("print('train')", {"A": "b"})
    (restorable,) = attempt.checkpoints
    assert (restorable.id, [file.path for file in restorable.files]) == (given.id, ["0.ckpt", "1.ckpt"])

    assert await runner.resume(attempt, given.id) == 600
    await runner.start(attempt, ran=30)
    await runner.checkpoint(attempt, b"three")
    await runner.complete(attempt)
    async with life.database.transaction() as session:
        assert (await verify(session)).mismatches == ()


async def test_what_a_clone_was_given_outlives_the_job_that_saved_it(
    life: Life, runner: Runner, database: Database, tmp_path: Path
) -> None:
    spec = await ran(life, runner)
    first = (await saved(life, runner.consumer, spec.job_id))[1]
    copy = await clone(life, runner.consumer, spec.job_id, checkpoint_id=first.id)
    await pass_hours(database, 48)
    await clear_leftovers(database, BlobStorage(f"file://{tmp_path}"))
    assert await saved(life, runner.consumer, spec.job_id) == []
    with pytest.raises(CheckpointNotYours, match="no longer kept"):
        await clone(life, runner.consumer, spec.job_id, checkpoint_id=first.id)
    assert [(given.attempt, given.size) for given in await saved(life, runner.consumer, copy.id)] == [(0, 3)]
    async with life.database.transaction() as session:
        parts = (
            "select count(*) from checkpoint_parts p join checkpoints c on c.id = p.checkpoint_id where c.job_id = :j"
        )
        assert (await session.execute(text(parts), {"j": copy.id})).scalar_one() == 1


async def test_a_job_that_saved_nothing_is_begun_anew_and_so_is_one_that_is_told_to(life: Life, runner: Runner) -> None:
    job = await life.job(runner.consumer)
    assert await saved(life, runner.consumer, (await clone(life, runner.consumer, job.id)).id) == []
    spec = await ran(life, runner)
    anew = await clone(life, runner.consumer, spec.job_id, from_start=True)
    assert await saved(life, runner.consumer, anew.id) == []


async def test_a_repeated_clone_with_its_key_is_the_same_job(life: Life, runner: Runner) -> None:
    spec = await ran(life, runner)
    first, again = [await clone(life, runner.consumer, spec.job_id, key="once") for _ in range(2)]
    assert first == again
    assert len(await saved(life, runner.consumer, first.id)) == 1


async def test_nobody_begins_with_what_somebody_else_saved(life: Life, runner: Runner) -> None:
    spec = await ran(life, runner)
    (newest, _) = await saved(life, runner.consumer, spec.job_id)
    other = await life.consumer()
    with pytest.raises(JobNotFound):
        await clone(life, other, spec.job_id)
    own = await life.job(other)
    for checkpoint_id in (newest.id, uuid4()):
        with pytest.raises(CheckpointNotYours):
            await clone(life, other, own.id, checkpoint_id=checkpoint_id)


async def test_nobody_begins_with_work_of_a_lost_machine_that_was_paid_to_nobody(life: Life, runner: Runner) -> None:
    """Else its job were cancelled, at no cost, and a clone went on with the work for nothing."""
    job = await life.job(runner.consumer)
    lost = await life.assign(job, await life.machine(price=360_000))
    await runner.start(lost, ran=100.5)
    await runner.checkpoint(lost, b"older", number=1, age=70)
    await runner.checkpoint(lost, b"newer", number=2, age=20)
    newer, older = await saved(life, runner.consumer, job.id)
    assert (await clone(life, runner.consumer, job.id)).name, "while it runs, it will be paid for"
    await runner.lose(lost)

    with pytest.raises(CheckpointUnpaid, match=r"80 s of work.* paid to nobody.* Wait until job"):
        await clone(life, runner.consumer, job.id)
    with pytest.raises(CheckpointUnpaid, match="30 s"):
        await life.job(runner.consumer, from_checkpoint=older.id)
    again = await life.assign(job, await life.machine(price=360_000))
    await runner.resume(again, older.id)
    assert await saved(life, runner.consumer, (await clone(life, runner.consumer, job.id, checkpoint_id=older.id)).id)
    with pytest.raises(CheckpointUnpaid, match="50 s"):
        await clone(life, runner.consumer, job.id, checkpoint_id=newer.id)
    await runner.complete(again)
    with pytest.raises(CheckpointUnpaid, match="Begin with another"):
        await clone(life, runner.consumer, job.id, checkpoint_id=newer.id)
    anew = await clone(life, runner.consumer, job.id, from_start=True)
    assert await saved(life, runner.consumer, anew.id) == []


async def test_work_of_a_lost_machine_that_costs_nothing_may_be_begun_with(life: Life, runner: Runner) -> None:
    lost = await life.assign(await life.job(runner.consumer), await life.machine(price=0))
    await runner.start(lost, ran=100.5)
    await runner.checkpoint(lost, b"state")
    await runner.lose(lost)
    copy = await clone(life, runner.consumer, lost.job_id)
    assert [given.attempt for given in await saved(life, runner.consumer, copy.id)] == [0]


async def test_a_gang_that_was_lost_is_unpaid_for_all_its_workers(life: Life, runner: Runner) -> None:
    job = await life.job(runner.consumer, workers=2)
    decided = [
        life.assignment(job, machine, rank=rank)
        for rank, machine in enumerate([await life.machine(price=360_000) for _ in range(2)])
    ]
    async with life.database.transaction() as session:
        specs = await attempts.assign_all(session, decided, policy=POLICY, secret=SECRET)
    for spec in specs:
        await runner.start(spec, ran=60.5)
    await runner.checkpoint(specs[0], b"state")
    await runner.lose(specs[1])
    with pytest.raises(CheckpointUnpaid, match="120 s"):
        await clone(life, runner.consumer, job.id)


async def test_every_element_of_an_array_can_begin_with_one_checkpoint(life: Life, runner: Runner) -> None:
    spec = await ran(life, runner)
    newest = (await saved(life, runner.consumer, spec.job_id))[0]
    request = ArrayCreate.model_validate(
        {"source": "", "max_price": 1, "time_limit_seconds": 1, "array": "0-2", "from_checkpoint": newest.id}
    )
    async with life.database.transaction() as session:
        created = await arrays.create_array(session, caller=runner.consumer, request=request, policy=POLICY)
    for job in created.jobs:
        assert [given.attempt for given in await saved(life, runner.consumer, job.id)] == [0]
