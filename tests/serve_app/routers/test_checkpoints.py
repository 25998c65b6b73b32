"""Checkpoints over HTTP: a runner stores and resumes, the owner watches and asks by the SDK."""

import hashlib
from typing import Any

import httpx
import pytest

from qubix import AsyncClient
from qubix.errors import Conflict, NotFound
from qubix.schemas.attempts import AttemptSpec
from qubix_platform.attempts import ending
from tests.platform.market_life import POLICY
from tests.serve_app.conftest import Api

CONTENT = b"what it had learnt"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def manifest(number: int, **changes: Any) -> dict[str, Any]:
    file = {"path": "state.ckpt", "size": len(CONTENT), "parts": [SHA256]}
    return {"number": number, "ageSeconds": 0.5, "files": [file | changes]}


def sdk(api: Api, owner: httpx.AsyncClient) -> AsyncClient:
    key = owner.headers["authorization"].removeprefix("Bearer ")
    return AsyncClient("http://api", key, transport=httpx.ASGITransport(app=api.app, raise_app_exceptions=False))


async def test_from_one_runner_to_the_next(api: Api) -> None:
    owner = await api.user("ana", balance=10**9)
    async with sdk(api, owner) as client, sdk(api, await api.user("eve")) as stranger:
        job = await client.submit(source="pass", gpu="RTX 4090", max_price=720_000, timeout="10m")
        with pytest.raises(Conflict, match="PENDING"):
            await job.take_checkpoint()
        first = await assigned(api, client, job.id)
        runner = api.client(first.attempt_token)
        place = f"/api/jobs/{job.id}/checkpoints"

        refused = await runner.post(place, json=manifest(1))
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "checkpoint_incomplete")
        assert (await runner.head(f"/api/blobs/{SHA256}")).status_code == 404
        assert (await runner.put(f"/api/blobs/{SHA256}", content=CONTENT)).status_code == 201
        assert (await runner.head(f"/api/blobs/{SHA256}")).status_code == 200
        escaping = await runner.post(place, json=manifest(1, path="../etc/passwd"))
        assert escaping.status_code == 422
        answer = await runner.post(place, json=manifest(1))
        assert (answer.status_code, answer.json()["checkpoint"]) == (200, False)

        await job.take_checkpoint()
        asked = await runner.post(f"/api/jobs/{job.id}/progress", json={"progress": 50})
        assert asked.json()["checkpoint"]
        [seen] = await job.checkpoints()
        assert (seen.attempt, seen.number, seen.size, seen.files) == (1, 1, len(CONTENT), 1)
        assert (await job.monitor()).checkpoints == [seen]
        with pytest.raises(NotFound):
            await (await stranger.job(job.id)).checkpoints()

        async with api.database.transaction() as session:
            await ending.lose(session, first.attempt_id, reason="power cut", policy=POLICY)
        assert (await runner.post(place, json=manifest(2))).status_code == 409
        for method in ("PUT", "HEAD", "GET"):
            refused = await runner.request(method, f"/api/blobs/{SHA256}", content=CONTENT)
            assert refused.status_code == 409, method
        second = await assigned(api, client, job.id)
        [restorable] = second.checkpoints
        assert [file.parts for file in restorable.files] == [[SHA256]]
        heir = api.client(second.attempt_token)
        assert (await heir.get(f"/api/blobs/{SHA256}")).content == CONTENT
        resumed = await heir.post(f"{place}/{restorable.id}/resumed")
        assert (resumed.status_code, resumed.json()) == (200, {"success": True, "timeLimitSeconds": 600})
        assert (await runner.post(f"{place}/{restorable.id}/resumed")).status_code == 409
        assert [one.resumed_from for one in (await job.monitor()).attempts] == [None, restorable.id]

        copy = await assigned(api, client, (await job.clone()).id)
        assert [given.attempt for given in copy.checkpoints] == [0]
        assert (await api.client(copy.attempt_token).get(f"/api/blobs/{SHA256}")).content == CONTENT
        with pytest.raises(NotFound, match="no checkpoint"):
            await client.submit(source="pass", max_price=1, from_checkpoint=job.id)


async def test_a_runner_reads_its_jobs_blobs_and_none_of_its_consumers_others(api: Api) -> None:
    owner = await api.user("ana", balance=10**9)
    bundle, private = b"the job's bundle", b"another job's bundle"
    digests = [hashlib.sha256(content).hexdigest() for content in (bundle, private)]
    for digest, content in zip(digests, (bundle, private), strict=True):
        assert (await owner.put(f"/api/blobs/{digest}", content=content)).status_code == 201
    async with sdk(api, owner) as client:
        wish = {"bundleSha256": digests[0], "entrypoint": "main.py", "maxPrice": 720_000, "timeLimitSeconds": 600}
        created = await owner.post("/api/jobs/create", json=wish | {"resources": {"gpuCount": 1}})
        job_id = created.json()["job"]["id"]
        spec = await assigned(api, client, job_id)
    runner = api.client(spec.attempt_token)

    assert (await runner.get(f"/api/blobs/{digests[0]}")).content == bundle
    assert (await runner.get(f"/api/blobs/{digests[1]}")).status_code == 404
    # Its own word makes no blob a part of its job.
    own = {"path": "x", "size": len(private), "parts": [digests[1]]}
    report = {"number": 1, "ageSeconds": 0.5, "files": [own]}
    assert (await runner.post(f"/api/jobs/{job_id}/checkpoints", json=report)).status_code == 200
    assert (await runner.get(f"/api/blobs/{digests[1]}")).status_code == 404


async def test_a_blob_that_the_storage_lost_is_asked_for_again(api: Api) -> None:
    owner = await api.user("ana")
    await owner.put(f"/api/blobs/{SHA256}", content=CONTENT)
    await api.app.state.context.blobs.remove(SHA256)
    assert (await owner.head(f"/api/blobs/{SHA256}")).status_code == 404
    assert (await owner.put(f"/api/blobs/{SHA256}", content=CONTENT)).status_code == 201
    assert (await owner.get(f"/api/blobs/{SHA256}")).content == CONTENT


async def assigned(api: Api, client: AsyncClient, job_id: Any) -> AttemptSpec:
    job = await client.job(job_id)
    spec = await api.market.assign(await job.info(), await api.market.machine())
    async with api.client(spec.attempt_token) as runner:
        if spec.number == 1:
            await runner.post(f"/api/jobs/{job_id}/started", json={})
    return spec
