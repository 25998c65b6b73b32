"""What only pruned checkpoints needed is removed, from the books and from the storage; nothing else ever is."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.reports import ReportedArtifact
from qubix_platform.attempts import reports
from qubix_platform.blobs import repository as blobs
from qubix_platform.blobs.storage import BlobStorage
from qubix_platform.checkpoints import service as checkpoints
from qubix_platform.checkpoints.errors import CheckpointNotYours, TooManyPinned
from qubix_platform.checkpoints.leftovers import clear_leftovers
from qubix_platform.jobs.errors import JobNotFound
from tests.platform.checkpoints.conftest import Runner, pass_hours
from tests.platform.market_life import POLICY, Market


@pytest.fixture
def storage(tmp_path: Path) -> BlobStorage:
    return BlobStorage(f"file://{tmp_path}")


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_what_is_pinned_is_never_removed(market: Market, runner: Runner, storage: BlobStorage) -> None:
    contents = [str(number).encode() for number in range(6)]
    shas = [await runner.upload(content) for content in contents]
    for sha256, content in zip(shas, contents, strict=True):
        await storage.put(sha256, _pieces(content))
    job = await market.job(runner.consumer)
    spec = await market.assign(job, await market.machine())
    await runner.start(spec)
    await runner.checkpoint(spec, contents[0])
    first = await pin(market, runner, spec, 0)
    for number in range(1, 6):
        await runner.checkpoint(spec, contents[number], number=1 + number)
    await runner.complete(spec)
    await pass_hours(market.database, 25)
    await clear_leftovers(market.database, storage)
    await pass_hours(market.database, 2)
    await clear_leftovers(market.database, storage)

    assert [await storage.exists(sha256) for sha256 in shas] == [True, *[False] * 5]
    async with market.database.transaction() as session:
        kept = await checkpoints.of_job(session, caller=runner.consumer, job_id=job.id)
    assert [(each.id, each.is_pinned) for each in kept] == [(first, True)]
    clone = await market.job(runner.consumer, from_checkpoint=first)
    assert (await market.assign(clone, await market.machine())).checkpoints[0].files[0].parts == [shas[0]]

    async with market.database.transaction() as session:
        for _ in range(2):
            await checkpoints.pin(session, caller=runner.consumer, job_id=job.id, checkpoint_id=first, is_pinned=False)
    await clear_leftovers(market.database, storage)
    async with market.database.transaction() as session:
        assert await checkpoints.of_job(session, caller=runner.consumer, job_id=job.id) == []
    await pass_hours(market.database, 2)
    await clear_leftovers(market.database, storage)
    assert await storage.exists(shas[0]), "its clone refers to it"


async def test_only_so_many_are_pinned_and_only_by_their_owner(
    market: Market, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "MAX_PINNED", 1)
    spec = await market.assign(await market.job(runner.consumer), await market.machine())
    await runner.start(spec)
    await runner.checkpoint(spec, b"1")
    await runner.checkpoint(spec, b"2", number=2)
    first = await pin(market, runner, spec, 0)
    assert await pin(market, runner, spec, 0) == first, "again, nothing changes"
    with pytest.raises(TooManyPinned):
        await pin(market, runner, spec, 1)
    stranger = await market.consumer()
    async with market.database.transaction() as session:
        with pytest.raises(JobNotFound):
            await checkpoints.pin(session, caller=stranger, job_id=spec.job_id, checkpoint_id=first, is_pinned=True)
        with pytest.raises(CheckpointNotYours):
            await checkpoints.pin(
                session, caller=runner.consumer, job_id=spec.job_id, checkpoint_id=uuid4(), is_pinned=True
            )


async def pin(market: Market, runner: Runner, spec: AttemptSpec, place: int) -> UUID:
    """Pin a checkpoint of the job, by its place among them, newest first."""
    async with market.database.transaction() as session:
        found = await checkpoints.of_job(session, caller=runner.consumer, job_id=spec.job_id)
        pinned = await checkpoints.pin(
            session, caller=runner.consumer, job_id=spec.job_id, checkpoint_id=found[place].id, is_pinned=True
        )
    return pinned.id


async def test_only_what_nothing_needs_is_removed(market: Market, runner: Runner, storage: BlobStorage) -> None:
    contents = {name: name.encode() for name in ("gone", "kept", "artifact", "bundle", "used again", "1", "2", "3")}
    shas = {name: await runner.upload(content) for name, content in contents.items()}
    for name, content in contents.items():
        await storage.put(shas[name], _pieces(content))
    await market.job(runner.consumer, source=None, bundle_sha256=shas["bundle"], entrypoint="main.py")
    spec = await market.assign(await market.job(runner.consumer), await market.machine())
    await runner.start(spec)
    await runner.checkpoint(spec, b"gone", b"kept", b"artifact", b"bundle", b"used again")
    async with market.database.transaction() as session:
        await reports.add_artifacts(
            session,
            attempt_id=spec.attempt_id,
            job_id=spec.job_id,
            artifacts=[ReportedArtifact(path="a", sha256=shas["artifact"], size=8)],
            policy=POLICY,
        )
    for number in (1, 2, 3):
        await runner.checkpoint(spec, b"kept", str(number).encode(), number=1 + number)
    assert await clear_leftovers(market.database, storage) == 0, "it was needed a moment ago"

    await pass_hours(market.database, 2)
    async with market.database.transaction() as session:
        await blobs.use(session, shas["used again"])
    assert await clear_leftovers(market.database, storage) == 1
    assert await clear_leftovers(market.database, storage) == 0
    assert [name for name in contents if not await storage.exists(shas[name])] == ["gone"]
    async with market.database.transaction() as session:
        owned = {
            name: await blobs.is_owned(session, sha256=shas[name], user_id=runner.consumer.user_id) for name in contents
        }
    assert [name for name, is_owned in owned.items() if not is_owned] == ["gone"]

    await storage.put(await runner.upload(b"gone"), _pieces(b"gone"))
    await runner.checkpoint(spec, b"gone", number=5)
    await pass_hours(market.database, 2)
    assert await clear_leftovers(market.database, storage) == 2, "what was used again, and what the last one pushed out"
    assert not await storage.exists(shas["used again"])
    assert await storage.exists(shas["gone"])
