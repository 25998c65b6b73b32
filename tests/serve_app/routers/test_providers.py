"""A machine's life over HTTP: invited, registered, listed, matched, watched, changed, removed."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.serve_app.conftest import Api

MACHINE = {
    "type": "native",
    "workerId": "rig-1",
    "gpu": [{"model": "NVIDIA GeForce RTX 4090", "vramMib": 24564, "index": 0, "uuid": "GPU-1", "type": "native"}],
    "cpu": {"model": "EPYC", "cores": 16},
    "ram": {"totalMib": 65536},
    "diskMib": 500_000,
    "pricePerHour": 400_000,
    "location": "PT",
    "labels": {"network": "10g"},
    "isolationLevel": "bwrap+cgroup",
    "benchmark": {"fp32Tflops": 80.0, "memoryGbps": 900.0, "engine": "CuPy", "seconds": 1.5},
}


def beat(**changes: object) -> dict[str, object]:
    usage = {
        "cpuPercent": 5,
        "ramPercent": 10,
        "ramUsedGb": 6,
        "ramTotalGb": 64,
        "gpuPercent": 0,
        "gpuTemp": 40,
        "timestamp": datetime.now(UTC).isoformat(),
    }
    return {"usage": usage, "status": "online", "attempts": []} | changes


async def join(api: Api, owner: httpx.AsyncClient) -> tuple[httpx.AsyncClient, dict[str, Any]]:
    """Invite and register the machine; the agent's client and the answer."""
    invited = (await owner.post("/api/providers/join-tokens", json={})).json()
    assert f"qubix-agent join http://127.0.0.1:8000 --token {invited['token']}" in invited["command"]
    registered = await api.client(invited["token"]).post("/api/providers/quick-register", json=MACHINE)
    assert registered.status_code == 200, registered.text
    answer: dict[str, Any] = registered.json()
    return api.client(answer["workerToken"]), answer


async def test_a_machine_joins_is_found_and_matched_and_leaves(api: Api) -> None:
    owner, consumer = await api.user("owner"), await api.user("consumer")
    marker = (await owner.get("/api/providers/check-new")).json()["marker"]
    agent, registered = await join(api, owner)
    assert registered["provider"]["gpuModel"] == "RTX 4090"
    assert registered["provider"]["trust"] == "guest"
    new = (await owner.get("/api/providers/check-new", params={"marker": marker})).json()
    assert new["newProvider"]["workerId"] == "rig-1"

    offline = (await consumer.get("/api/gpus", params={"availability": "available"})).json()
    assert offline == []
    answered = await agent.post("/api/providers/rig-1/heartbeat", json=beat())
    assert answered.json() | {"success": True, "pendingJobs": [], "cancelAttempts": []} == answered.json()
    offers = await api.client().get("/api/gpus", params={"model": "rtx4090", "minVram": 20, "location": "PT"})
    assert offers.headers["X-Total-Count"] == "1"
    offer = offers.json()[0]
    assert {key: offer[key] for key in ("id", "model", "price", "available", "provider")} == {
        "id": registered["provider"]["id"],
        "model": "RTX 4090",
        "price": 400_000,
        "available": True,
        "provider": "rig-1",
    }
    assert offer["labels"] == {"network": "10g"}
    for value, found in (("10g", 1), ("1g", 0)):
        wanted = {"resources": {"gpuCount": 1, "labels": {"network": value}}, "timeLimitSeconds": 60}
        answer = (await consumer.post("/api/providers/match", json=wanted)).json()
        assert (len(answer["offers"]), [each["constraint"] for each in answer["rejected"]["reasons"]]) == (
            found,
            [] if found else ["labels"],
        )
    matched = (
        await consumer.post(
            "/api/providers/match",
            json={
                "resources": {"gpuCount": 1, "gpuModels": ["RTX 4090"]},
                "timeLimitSeconds": 3600,
                "computeNeeded": 8,
            },
        )
    ).json()
    assert [(one["offer"]["provider"], one["maximumCost"], one["estimatedSeconds"]) for one in matched["offers"]] == [
        ("rig-1", 400_000, 0.1)
    ]
    refused = (
        await consumer.post("/api/providers/match", json={"resources": {"minVramMib": 99_999, "gpuCount": 1}})
    ).json()
    assert refused["offers"] == []
    assert refused["rejected"]["considered"] == 1
    assert refused["rejected"]["reasons"]

    provider_id = registered["provider"]["id"]
    patched = await owner.patch(f"/api/providers/{provider_id}", json={"pricePerHour": 300_000})
    assert patched.json()["pricePerHour"] == 300_000
    stranger = await consumer.patch(f"/api/providers/{provider_id}", json={"pricePerHour": 1})
    assert stranger.status_code == 403
    assert (await owner.get("/api/providers/my")).json()[0]["workerId"] == "rig-1"
    assert (await owner.get("/api/providers/my/earnings")).json()["total"] == 0
    assert (await owner.delete(f"/api/providers/{provider_id}")).json()["success"] is True
    assert (await owner.get(f"/api/providers/{provider_id}")).status_code == 404
    assert (await agent.post("/api/providers/rig-1/heartbeat", json=beat())).status_code == 401


async def test_a_job_for_a_pulling_machine_arrives_with_its_heartbeat(api: Api) -> None:
    owner = await api.user("owner")
    agent, _ = await join(api, owner)
    await agent.post("/api/providers/rig-1/heartbeat", json=beat())
    consumer = await api.market.consumer()
    machine = await api.market.machine(kind="NATIVE")
    job = await api.market.job(consumer)
    await api.market.assign(job, machine)
    empty = (await agent.post("/api/providers/rig-1/heartbeat", json=beat())).json()
    assert empty["pendingJobs"] == []
    assert (await agent.get("/api/jobs/pending/rig-1")).json() == []
    other = await agent.get(f"/api/jobs/pending/{machine.worker_id}")
    assert other.json()["error"]["code"] == "other_worker"


async def test_its_owner_sees_how_busy_a_machine_is_and_what_it_ran(api: Api) -> None:
    owner, stranger = await api.user("owner"), await api.user("stranger")
    agent, registered = await join(api, owner)
    path = f"/api/providers/{registered['provider']['id']}"
    await agent.post("/api/providers/rig-1/heartbeat", json=beat())
    samples = (await owner.get(f"{path}/metrics", params={"seconds": 600})).json()
    assert [(each["cpuPercent"], each["gpuTemp"]) for each in samples] == [(5, 40)]
    refused = await stranger.get(f"{path}/metrics")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "not_your_machine")
    missing = await owner.get("/api/providers/00000000-0000-4000-8000-000000000000/metrics")
    assert missing.status_code == 404
    jobs = await owner.get("/api/providers/my/jobs")
    assert (jobs.json(), jobs.headers["X-Total-Count"]) == ([], "0")


async def test_a_machine_that_its_owner_drains_is_told_so_and_leaves(api: Api) -> None:
    owner, stranger = await api.user("owner"), await api.user("stranger")
    agent, registered = await join(api, owner)
    drain = f"/api/providers/{registered['provider']['id']}/drain"
    await agent.post("/api/providers/rig-1/heartbeat", json=beat())
    assert (await stranger.post(drain)).status_code == 403
    assert (await owner.post(drain)).json()["status"] == "DRAINING"
    assert (await agent.post("/api/providers/rig-1/heartbeat", json=beat())).json()["status"] == "DRAINING"
    left = await agent.post("/api/providers/rig-1/heartbeat", json=beat(status="offline"))
    assert left.json()["status"] == "OFFLINE"


async def test_only_operators_admit_members(api: Api) -> None:
    owner, operator = await api.user("owner"), await api.user("boss", is_operator=True)
    refused = await owner.post("/api/providers/join-tokens", json={"trust": "member"})
    assert refused.status_code == 403
    assert (await operator.post("/api/providers/join-tokens", json={"trust": "member"})).status_code == 201


async def test_the_head_tries_to_reach_members_and_nobody_else(api: Api) -> None:
    operator = await api.user("boss", is_operator=True)
    invited = (await operator.post("/api/providers/join-tokens", json={"trust": "member"})).json()
    joined = await api.client(invited["token"]).post("/api/providers/quick-register", json=MACHINE | {"type": "ray"})
    member = api.client(joined.json()["workerToken"])
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.2", 31_001)
    async with server:
        asked = {"address": "127.0.0.2", "ports": [31_001, 31_002]}
        answered = await member.post("/api/providers/rig-1/reach", json=asked)
        assert answered.json() == {"unreachable": [31_002]}
    elsewhere = await member.post("/api/providers/rig-1/reach", json=asked | {"ports": [22]})
    assert elsewhere.status_code == 422
    assert (await member.post("/api/providers/rig-2/reach", json=asked)).json()["error"]["code"] == "other_worker"


async def test_a_guest_cannot_have_the_head_look_around(api: Api) -> None:
    guest, _ = await join(api, await api.user("owner"))
    refused = await guest.post("/api/providers/rig-1/reach", json={"address": "10.0.0.1", "ports": [24_001]})
    assert refused.json()["error"]["code"] == "members_only"


async def test_hardware_and_scripts_are_assessed(api: Api) -> None:
    ana = await api.user("ana")
    assessed = (
        await ana.post("/api/hardware/detect", json={"gpu": {"renderer": "SwiftShader", "type": "webgl"}})
    ).json()
    assert assessed["gpus"] == []
    assert (await ana.get("/api/hardware/detect")).json()["cpu"]["cores"] >= 1
    script = "import torch\nmodel = torch.nn.Linear(10, 10).cuda()\n"
    found = (await ana.post("/api/jobs/analyze", json={"filename": "train.py", "content": script})).json()
    assert found["needsGpu"] is True
    assert "pytorch" in [name.lower() for name in found["frameworks"]]
    assert {finding["line"] for finding in found["findings"]} == {1, 2}
    broken = await ana.post("/api/jobs/analyze", json={"filename": "x.py", "content": "def ("})
    assert broken.status_code == 422
    assert "line 1" in broken.json()["error"]["message"]
