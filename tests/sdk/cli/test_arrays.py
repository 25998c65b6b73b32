"""Arrays by the command line and by both clients, against a platform in this process."""

import json
from pathlib import Path

import pytest

from qubix import AsyncClient, Client
from qubix.errors import InvalidRequest, WaitTimedOut
from qubix.schemas.states import JobStatus
from tests.sdk.cli.conftest import Run
from tests.sdk.platform import FakePlatform


@pytest.fixture
def script(tmp_path: Path) -> str:
    place = tmp_path / "train.py"
    place.write_text("print('hello')")
    return str(place)


def test_an_array_is_submitted_shown_and_cancelled(qubix: Run, platform: FakePlatform, script: str) -> None:
    code, stdout, stderr = qubix("submit", script, "-p", "10", "--array", "0-2%2")
    array_id = stdout.strip()
    assert (code, array_id) == (0, next(iter(platform.arrays)))
    assert "3 jobs, 2 at a time, 30 QU held" in stderr
    assert "train.py" in qubix("arrays")[1]
    code, stdout, _ = qubix("array", array_id)
    assert (code, stdout.count("PENDING")) == (0, 3)
    shown = json.loads(qubix("array", array_id, "--cancel", "--json")[1])
    assert shown["counts"] == {"CANCELLED": 3}
    assert [job["arrayIndex"] for job in shown["jobs"]] == [0, 1, 2]
    assert json.loads(qubix("arrays", "--json")[1])[0]["id"] == array_id
    assert qubix("jobs", "--array", array_id)[0] == 0
    assert ("array", array_id) in platform.queries[-1]


def test_what_is_no_array_says_how_one_is_written(qubix: Run, script: str) -> None:
    code, _, stderr = qubix("submit", script, "-p", "1", "--array", "3")
    assert (code, 'FIRST-LAST%AT_ONCE: "0-99%10"' in stderr) == (1, True)
    assert "has many outputs" in qubix("submit", script, "-p", "1", "--array", "0-1", "-f")[2]
    assert "'yesterday' is no id" in qubix("array", "yesterday")[2]


def test_an_array_is_waited_for(client: Client) -> None:
    array = client.submit_array(source="pass", max_price=1, array="0-3")
    assert len(array.jobs()) == 4
    assert array.wait().counts[JobStatus.COMPLETED] == 4
    late = client.submit_array(source="pass", max_price=1, array="0-3")
    with pytest.raises(WaitTimedOut, match="1 COMPLETED, 3 PENDING"):
        late.wait(timeout=0)
    assert client.array(str(late.id)).cancel().is_final


async def test_an_array_is_waited_for_asynchronously(async_client: AsyncClient) -> None:
    array = await async_client.submit_array(source="pass", max_price=1, array="0-1")
    assert (await array.wait()).is_final
    assert [job.latest.array_index for job in await array.jobs()] == [0, 1]
    assert [each.id for each in await async_client.arrays()] == [array.id]
    with pytest.raises(InvalidRequest, match="goes upwards"):
        await async_client.submit_array(source="pass", max_price=1, array="1-0")
