"""Groups over HTTP, by both clients and the command line, against the real API and a real database."""

import json
from pathlib import Path

import httpx
import pytest

from qubix import AsyncClient
from qubix.cli import session
from qubix.errors import Conflict, InvalidRequest, WaitTimedOut
from qubix.schemas.states import GroupStatus, ItemStatus
from tests.platform.market_life import Market
from tests.serve_app.conftest import Api, Run, soon


def test_a_group_by_the_command_line(qubix: Run, tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text("import qubix\nfor item in qubix.items(): item.done()")
    assert "You have no groups" in qubix("group", "list")[1]
    code, stdout, stderr = qubix("group", "create", str(script), "-p", "10", "--max", "4", "--idle", "30s")
    group = stdout.strip()
    assert (code, "worker.py): 0 to 4 workers" in stderr) == (0, True)

    code, stdout, stderr = qubix("group", "push", group, '{"frame": 1}', "plain text")
    assert (code, "2 items queued" in stdout) == (0, True), stderr
    (tmp_path / "items.jsonl").write_text("3\n\n[4]\n")
    assert len(json.loads(qubix("group", "push", group, "-f", str(tmp_path / "items.jsonl"), "--json")[1])) == 2
    assert "there is none" in qubix("group", "push", group)[2]
    assert "cannot be read" in qubix("group", "push", group, "-f", str(tmp_path / "none"))[2]
    listed = json.loads(qubix("group", "items", group, "--status", "queued", "--json")[1])
    assert [each["data"] for each in listed] == [{"frame": 1}, "plain text", 3, [4]]
    assert '{"frame": 1}' in qubix("group", "items", group)[1]

    assert "0 of 2 to 6" in qubix("group", "scale", group, "--min", "2", "--max", "6")[1]
    assert "more than at most 6" in qubix("group", "scale", group, "--min", "7")[2]
    shown = json.loads(qubix("group", "status", group, "--json")[1])
    assert (shown["minWorkers"], shown["idleSeconds"], shown["items"], shown["jobs"]) == (2, 30, {"QUEUED": 4}, [])
    assert "4 queued" in qubix("group", "status", group)[1]
    assert "4 queued" in qubix("group", "list")[1]
    assert "DRAINING" in qubix("group", "drain", group)[1]
    code, _, stderr = qubix("group", "push", group, "1")
    assert (code, "is DRAINING" in stderr) == (1, True)
    assert json.loads(qubix("group", "delete", group, "--json")[1])["items"] == {"DROPPED": 4}
    assert json.loads(qubix("group", "list", "--json")[1]) == []
    assert json.loads(qubix("group", "list", "--all", "--json")[1])[0]["status"] == "ENDED"
    assert qubix("jobs", "--group", group)[0] == 0


def test_what_cannot_be_a_group_is_refused(qubix: Run) -> None:
    with session.open_client() as client:
        with pytest.raises(InvalidRequest, match="more than maxWorkers"):
            client.create_group(source="pass", max_price=1, max_workers=1, min_workers=2)
        with pytest.raises(InvalidRequest, match="leave out workers"):
            client.create_group(source="pass", max_price=1, max_workers=1, workers=2)
        with pytest.raises(InvalidRequest, match="come and go"):
            client.create_group(source="pass", max_price=1, max_workers=1, deadline="2h")
        group = client.create_group(source="pass", max_price=1, max_workers=1, idempotency_key="once")
        assert client.create_group(source="pass", max_price=1, max_workers=1, idempotency_key="once").id == group.id
        with pytest.raises(Conflict, match="another request"):
            client.create_group(source="pass", max_price=1, max_workers=2, idempotency_key="once")
        assert group.push({"a": 1, "b": 2}) == ["a", "b"]
        group.push({"b": 3})
        assert [(item.name, item.data) for item in group.items()] == [("a", 1), ("b", 2)]
        with pytest.raises(WaitTimedOut, match="2 QUEUED"):
            group.wait(timeout=0)
        group.delete()
        assert [item.status for item in group.wait(timeout=5)] == [ItemStatus.DROPPED] * 2


async def test_a_group_by_the_asynchronous_client_and_its_events(api: Api) -> None:
    http: httpx.AsyncClient = await api.user("ana")
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    token = http.headers["authorization"].removeprefix("Bearer ")
    async with AsyncClient("http://api", token, transport=transport, pace=soon) as client:
        group = await client.create_group(source="pass", max_price=1, max_workers=2, items_per_worker=5, max_tries=1)
        assert len(await group.push(range(1001))) == 1001
        assert len(await group.items("QUEUED")) == 1001
        assert (await group.scale(min_workers=1)).min_workers == 1
        assert await group.workers() == []
        assert [each.id for each in await client.groups()] == [group.id]
        assert (await (await client.group(str(group.id))).drain()).status is GroupStatus.DRAINING
        assert (await group.delete()).status is GroupStatus.ENDED
        assert (await group.info()).items == {ItemStatus.DROPPED: 1001}
        assert len(await group.wait()) == 1001


async def test_a_job_that_is_no_worker_is_given_no_items(api: Api) -> None:
    market: Market = api.market
    consumer = await market.consumer()
    spec = await market.assign(await market.job(consumer), await market.machine())
    refused = await api.client(spec.attempt_token).post(f"/api/jobs/{spec.job_id}/items", json={})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "no_worker_of_group")
