"""Checkpoints and clones by the command line and by both clients, against a platform in this process."""

import json
from collections import deque
from uuid import uuid4

import pytest

from qubix import AsyncClient, Client
from qubix.errors import Conflict, WaitTimedOut
from qubix.schemas.states import JobStatus
from tests.sdk.answers import a_job
from tests.sdk.cli.conftest import Run
from tests.sdk.platform import FakePlatform


@pytest.fixture
def job_id(platform: FakePlatform) -> str:
    job = a_job(status=JobStatus.RUNNING)
    platform.jobs[str(job.id)] = job
    platform.script[str(job.id)] = deque()
    return str(job.id)


def test_a_checkpoint_is_kept_until_told_otherwise(qubix: Run, platform: FakePlatform, job_id: str) -> None:
    assert json.loads(qubix("checkpoint", job_id, "--pin", "--json")[1])["isPinned"] is True
    assert "pinned" in qubix("checkpoints", job_id)[1]
    (kept,) = platform.saved
    assert "pinned" not in qubix("checkpoints", job_id, "--unpin", str(kept.id))[1]
    assert json.loads(qubix("checkpoints", job_id, "--pin", str(kept.id), "--json")[1])[0]["isPinned"] is True
    assert "is no id" in qubix("checkpoints", job_id, "--pin", "it")[2]


def test_a_checkpoint_is_taken_listed_and_cloned_from(qubix: Run, platform: FakePlatform, job_id: str) -> None:
    assert "saved no checkpoint" in qubix("checkpoints", job_id)[1]
    code, stdout, stderr = qubix("checkpoint", job_id)
    assert (code, stdout.strip()) == (0, str(platform.saved[0].id))
    assert "2 files, 2,048 bytes" in stderr
    assert json.loads(qubix("checkpoint", job_id, "--json")[1])["number"] == 2
    assert [each["number"] for each in json.loads(qubix("checkpoints", job_id, "--json")[1])] == [2, 1]

    code, stdout, _ = qubix("clone", job_id, "--checkpoint", str(platform.saved[1].id), "-t", "2h", "-p", "5")
    assert (code, stdout.strip() not in {"", job_id}) == (0, True)
    (wanted,) = platform.clones
    assert (wanted.checkpoint_id, wanted.time_limit_seconds, wanted.max_price, wanted.from_start) == (
        platform.saved[1].id,
        7200,
        5,
        False,
    )
    assert json.loads(qubix("clone", job_id, "--from-start", "--json")[1])["status"] == "PENDING"
    assert platform.clones[1].from_start


def test_a_job_is_submitted_from_a_checkpoint(client: Client, platform: FakePlatform) -> None:
    given = uuid4()
    client.submit(source="pass", max_price=1, from_checkpoint=str(given))
    assert platform.requests[0].from_checkpoint == given


def test_nobody_waits_for_a_checkpoint_that_does_not_come(client: Client, platform: FakePlatform, job_id: str) -> None:
    platform.saves = False
    with pytest.raises(WaitTimedOut, match="QUBIX_CHECKPOINT"):
        client.job(job_id).snapshot(timeout=0)
    platform.jobs[job_id] = platform.jobs[job_id].model_copy(update={"status": JobStatus.COMPLETED})
    with pytest.raises(Conflict, match="it is COMPLETED meanwhile"):
        client.job(job_id).snapshot()


async def test_a_job_is_cloned_asynchronously(async_client: AsyncClient, platform: FakePlatform, job_id: str) -> None:
    job = await async_client.job(job_id)
    taken = await job.snapshot()
    copy = await job.clone(checkpoint=taken.id, name="again")
    assert copy.id != job.id
    assert (platform.clones[0].checkpoint_id, platform.clones[0].name) == (taken.id, "again")


def test_a_snapshot_is_taken_listed_and_cloned_from(qubix: Run, platform: FakePlatform, job_id: str) -> None:
    code, stdout, stderr = qubix("snapshot", job_id)
    assert (code, stdout.strip()) == (0, str(platform.saved[0].id))
    assert "2 files, 2,048 bytes" in stderr
    assert json.loads(qubix("snapshot", job_id, "--json")[1])["isSnapshot"] is True
    assert "pinned snapshot" in qubix("checkpoints", job_id)[1]
    assert qubix("clone", job_id, "--from", stdout.strip())[0] == 0
    assert str(platform.clones[-1].checkpoint_id) == stdout.strip()


def test_nobody_waits_for_a_snapshot_that_cannot_be_taken(
    qubix: Run, client: Client, platform: FakePlatform, job_id: str
) -> None:
    platform.no_snapshot, platform.saves = "its files take 20000 MiB", False
    code, stdout, stderr = qubix("snapshot", job_id)
    assert (code != 0, stdout) == (True, "")
    assert "its files take 20000 MiB" in stderr
    platform.no_snapshot = None
    with pytest.raises(WaitTimedOut, match="none was stored"):
        client.job(job_id).snapshot_workspace(timeout=0)
