"""A pulled job whose runner is killed goes on from its checkpoint: real API, real storage, real sandboxes, no Ray."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import psutil
import pytest
from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from qubix import AsyncClient, AsyncJob
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.states import AttemptStatus, LogStream
from qubix_platform.attempts import ending
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.ledger.verify import verify
from qubix_platform.users import service as users
from qubix_serve.settings import ServeSettings
from tests.e2e.counting import counting
from tests.platform.market_life import POLICY, SECRET, Machine, Market
from tests.serve_app.servers import serving_in_a_thread

TOTAL = 60


class Launch(Protocol):
    """Starts a runner with a home of its own."""

    def __call__(self, spec: AttemptSpec, name: str) -> "subprocess.Popen[bytes]": ...


@pytest.fixture
def url(database_settings: DatabaseSettings, tmp_path: Path) -> Iterator[str]:
    settings = ServeSettings(
        database=database_settings,
        secret=SECRET,
        blob_url=f"file://{tmp_path}/blobs",
        mode="development",
        policy=POLICY,
        public_url="http://127.0.0.1:8000",
        ray=None,
    )
    with serving_in_a_thread(settings) as address:
        yield f"http://{address}"


@pytest.fixture
def launch(url: str, tmp_path: Path) -> Iterator[Launch]:
    with ExitStack() as stack:

        def start(spec: AttemptSpec, name: str) -> "subprocess.Popen[bytes]":
            command = [sys.executable, "-m", "tests.e2e.checkpointing_runner", url, str(tmp_path / name)]
            process = subprocess.Popen(command, stdin=subprocess.PIPE)
            stack.callback(_kill, process)
            assert process.stdin is not None
            process.stdin.write(spec.model_dump_json(by_alias=True).encode())
            process.stdin.close()
            return process

        yield start


def _kill(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
    process.wait()


@pytest.fixture
async def client(database: Database, url: str) -> AsyncClient:
    async with database.transaction() as session:
        user = await users.ensure(session, "ana", is_operator=False)
        key = await users.create_api_key(session, user_id=user.id, name="test")
        await users.credit_play_money(session, user_id=user.id, amount=10**9, key="first")
    return AsyncClient(url, key.key)


async def test_a_count_goes_on_where_another_machine_saved_it(
    database: Database, client: AsyncClient, launch: Launch
) -> None:
    market = Market(database)
    first, second = [await market.machine(kind="NATIVE", price=3_600_000) for _ in range(2)]
    job = await client.submit(source=counting(TOTAL), max_price=3_600_000, timeout="2m")

    process = launch(await pulled(market, job, first), "first")
    await until_saved(job, 2)
    await asyncio.to_thread(_kill, process)
    async with database.transaction() as session:
        lost = (await job.monitor()).attempts[0]
        await ending.lose(session, lost.id, reason="power cut", policy=POLICY)

    spec = await pulled(market, job, second)
    assert spec.checkpoints[0].attempt == 1
    launch(spec, "second")
    assert await job.result(timeout=60) == TOTAL

    counted = [await printed(job, attempt) for attempt in (1, 2)]
    assert counted[0][0] == 1
    assert counted[1] == list(range(counted[1][0], TOTAL + 1))
    assert 1 < counted[1][0] <= counted[0][-1] + 2
    receipt = await job.receipt()
    assert [each.status for each in receipt.attempts] == [AttemptStatus.LOST, AttemptStatus.COMPLETED]
    assert receipt.attempts[0].cost == receipt.attempts[0].resumed_seconds * 1000 > 0
    assert receipt.attempts[1].resumed_from == spec.checkpoints[0].id
    earned = [(await market.balance(machine.user_id))[0] for machine in (first, second)]
    assert min(earned) > 0
    assert sum(earned) == receipt.provider_amount
    async with database.transaction() as session:
        assert (await verify(session)).mismatches == ()
    await client.close()


async def pulled(market: Market, job: AsyncJob, machine: Machine) -> AttemptSpec:
    """What waits in the machine's mailbox once the job is given to it."""
    await market.assign(await job.info(), machine)
    async with market.database.transaction() as session:
        [entry] = await attempts.pending_for(session, machine.worker_id, policy=POLICY, secret=SECRET)
    return entry.spec


async def until_saved(job: AsyncJob, count: int) -> None:
    """Wait until so many checkpoints of the job are stored."""

    async def is_saved() -> bool:
        return len(await job.checkpoints()) >= count

    retrying = AsyncRetrying(
        retry=retry_if_result(lambda saved: not saved), stop=stop_after_delay(30), wait=wait_fixed(0.1)
    )
    await retrying(is_saved)


async def printed(job: AsyncJob, attempt: int) -> list[int]:
    entries = [entry async for entry in job.logs()]
    text = "".join(each.text for each in entries if each.attempt == attempt and each.stream is LogStream.STDOUT)
    return [int(line) for line in text.split()]


_WORKING = """
import pathlib, os, time
place = pathlib.Path("notes/state.txt")
if place.exists():
    print(place.read_text(), pathlib.Path(os.environ["QUBIX_CHECKPOINT"], "weights").read_text())
else:
    place.parent.mkdir()
    place.write_text("as it was left")
    pathlib.Path(os.environ["QUBIX_CHECKPOINT"], "weights").write_text("and trained")
    print("ready", flush=True)
    time.sleep(60)
"""


async def test_a_clone_begins_with_the_workspace_that_a_snapshot_kept(
    database: Database, client: AsyncClient, launch: Launch
) -> None:
    market = Market(database)
    first, second = [await market.machine(kind="NATIVE", price=3_600_000) for _ in range(2)]
    job = await client.submit(source=_WORKING, max_price=3_600_000, timeout="2m")
    launch(await pulled(market, job, first), "first")
    async for entry in job.logs(follow=True):
        if "ready" in entry.text:
            break
    kept = await job.snapshot_workspace(timeout=30)
    assert kept.is_snapshot
    assert kept.is_pinned

    clone = await job.clone(checkpoint=kept.id)
    spec = await pulled(market, clone, second)
    assert spec.snapshot is not None
    launch(spec, "second")
    await clone.wait(timeout=30)
    printed_by_clone = [entry.text async for entry in clone.logs() if entry.stream is LogStream.STDOUT]
    assert "".join(printed_by_clone) == "as it was left and trained\n"
    await job.cancel()
    await client.close()
