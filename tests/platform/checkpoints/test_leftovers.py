"""What only pruned checkpoints needed is removed, from the books and from the storage; nothing else ever is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qubix.schemas.reports import ReportedArtifact
from qubix_platform.attempts import reports
from qubix_platform.blobs import repository as blobs
from qubix_platform.blobs.storage import BlobStorage
from qubix_platform.checkpoints.leftovers import clear_leftovers
from tests.platform.checkpoints.conftest import Runner, pass_hours
from tests.platform.market_life import POLICY, Market


@pytest.fixture
def storage(tmp_path: Path) -> BlobStorage:
    return BlobStorage(f"file://{tmp_path}")


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


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
