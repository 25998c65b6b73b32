"""Jobs and their reports over HTTP."""

import hashlib
from typing import Any

import httpx

from qubix_platform.auth.callers import UserCaller
from qubix_platform.auth.service import authenticate
from qubix_platform.auth.tokens import TokenKind
from tests.platform.market_life import SECRET
from tests.serve_app.conftest import Api

JOB = {"modelType": "script", "source": "print(1)", "maxPrice": 36_000, "timeLimitSeconds": 60}


async def create(client: httpx.AsyncClient, **changes: object) -> dict[str, Any]:
    response = await client.post("/api/jobs/create", json=JOB | changes)
    assert response.status_code == 201, response.text
    created: dict[str, Any] = response.json()
    return created


async def test_a_job_is_created_listed_cancelled_and_refunded(api: Api) -> None:
    ana = await api.user("ana")
    created = await create(ana, name="first")
    assert created["success"] is True
    assert created["estimatedCost"] == created["job"]["holdAmount"] == 600
    job_id = created["job"]["id"]

    assert (await ana.get("/api/users/me")).json()["held"] == 600
    listed = await ana.get("/api/jobs", params={"search": "FIR", "status": "PENDING"})
    assert [job["id"] for job in listed.json()] == [job_id]
    assert listed.headers["X-Total-Count"] == "1"
    cancelled = await ana.post(f"/api/jobs/{job_id}/cancel")
    assert cancelled.json()["job"]["status"] == "CANCELLED"
    receipt = (await ana.get(f"/api/jobs/{job_id}/receipt")).json()
    assert (receipt["hold"], receipt["refund"], receipt["cost"], receipt["settled"]) == (600, 600, 0, True)
    assert (await ana.get("/api/users/me")).json()["balance"] == 1_000_000


async def test_pages_link_to_each_other(api: Api) -> None:
    ana = await api.user("ana")
    for number in range(3):
        await create(ana, name=f"job {number}")
    page = await ana.get("/api/jobs", params={"limit": 1, "offset": 1, "sort": "name"})
    assert [job["name"] for job in page.json()] == ["job 1"]
    assert page.headers["X-Total-Count"] == "3"
    assert 'rel="next"' in page.headers["Link"]
    assert 'rel="prev"' in page.headers["Link"]


async def test_a_repeated_creation_with_the_same_key_is_the_same_job(api: Api) -> None:
    ana = await api.user("ana")
    key = {"Idempotency-Key": "once"}
    ids = {(await ana.post("/api/jobs/create", json=JOB, headers=key)).json()["job"]["id"] for _ in range(3)}
    assert len(ids) == 1
    other = await ana.post("/api/jobs/create", json=JOB | {"maxPrice": 1}, headers=key)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")


async def test_every_refusal_has_one_shape_and_says_what_would_help(api: Api) -> None:
    ana = await api.user("ana", balance=10)
    stranger = await api.user("bob")
    job_id = (await create(stranger))["job"]["id"]
    for response, status, code in (
        (await api.client().get("/api/jobs"), 401, "unknown_token"),
        (await api.client("qbx_key_nobody").get("/api/jobs"), 401, "unknown_token"),
        (await api.client("qbx_wrk_other-kind").get("/api/jobs"), 401, "wrong_token_kind"),
        (await ana.get(f"/api/jobs/{job_id}"), 404, "job_not_found"),
        (await ana.post("/api/jobs/create", json=JOB), 402, "insufficient_funds"),
        (await ana.post("/api/jobs/create", json=JOB | {"maxPrise": 3}), 422, "invalid_request"),
        (await ana.post("/api/jobs/create", json=JOB | {"maxPrice": 1.5}), 422, "invalid_request"),
        (await ana.get("/api/nowhere"), 404, "not_found"),
        (await ana.put("/api/jobs"), 405, "invalid_request"),
    ):
        assert response.status_code == status, response.text
        error = response.json()["error"]
        assert error["code"] == code
        assert {"asked", "obstacle", "remedy"} <= set(error["details"])
        assert response.headers["X-Request-Id"]


async def test_a_runner_reports_with_its_own_token_until_it_completes(api: Api) -> None:
    ana = await api.user("ana")
    async with api.database.transaction() as session:
        caller = await authenticate(
            session, ana.headers["Authorization"].split()[1], allowed=(TokenKind.API_KEY,), secret=SECRET
        )
    assert isinstance(caller, UserCaller)
    job = await api.market.job(caller)
    spec = await api.market.assign(job, await api.market.machine())
    runner = api.client(spec.attempt_token)
    at = "2026-11-22T12:00:00Z"

    assert (await ana.post(f"/api/jobs/{job.id}/started", json={})).json()["error"]["code"] == "wrong_token_kind"
    assert (await runner.get("/api/jobs")).status_code == 401
    started = await runner.post(f"/api/jobs/{job.id}/started", json={})
    asked = {"cancel": False, "checkpoint": False, "snapshot": False}
    assert started.json() == {"success": True, "leaseSeconds": 15} | asked
    await runner.post(f"/api/jobs/{job.id}/progress", json={"progress": 40, "timestamp": at})
    await runner.post(
        f"/api/jobs/{job.id}/logs", json={"entries": [{"seq": 0, "stream": "stdout", "text": "hi\n", "at": at}]}
    )
    digest = hashlib.sha256(b"model").hexdigest()
    artifact = {"path": "model.bin", "sha256": digest, "size": 5}
    missing = await runner.post(f"/api/jobs/{job.id}/artifacts", json={"artifacts": [artifact]})
    assert missing.json()["error"]["code"] == "contradictory_report"
    await runner.put(f"/api/blobs/{digest}", content=b"model")
    await runner.post(f"/api/jobs/{job.id}/artifacts", json={"artifacts": [artifact]})
    sample = {"at": at, "cpuPercent": 50, "memoryMib": 100}
    await runner.post(f"/api/jobs/{job.id}/metrics", json={"samples": [sample]})
    seen = (await ana.get(f"/api/jobs/{job.id}/monitor")).json()
    assert (seen["job"]["status"], seen["job"]["progress"]) == ("RUNNING", 40)
    assert [line["text"] for line in seen["logs"]] == ["hi\n"]
    assert [one["memoryMib"] for one in seen["metrics"]] == [100]

    done = await runner.post(f"/api/jobs/{job.id}/complete", json={"status": "completed", "result": [1, 2]})
    assert done.json()["payment"]["billableSeconds"] < 60
    again = await runner.post(f"/api/jobs/{job.id}/complete", json={"status": "completed"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "attempt_fenced")
    found = (await ana.get(f"/api/jobs/{job.id}/artifacts")).json()
    assert [(one["path"], one["size"]) for one in found] == [("model.bin", 5)]
    assert (await ana.get(f"/api/blobs/{digest}")).content == b"model"
    assert (await ana.get(f"/api/jobs/{job.id}")).json()["result"] == [1, 2]


async def test_a_runner_says_why_there_is_no_snapshot(api: Api) -> None:
    ana = await api.user("ana")
    async with api.database.transaction() as session:
        caller = await authenticate(
            session, ana.headers["Authorization"].split()[1], allowed=(TokenKind.API_KEY,), secret=SECRET
        )
    assert isinstance(caller, UserCaller)
    job = await api.market.job(caller)
    spec = await api.market.assign(job, await api.market.machine())
    runner = api.client(spec.attempt_token)
    await runner.post(f"/api/jobs/{job.id}/started", json={})
    await ana.post(f"/api/jobs/{job.id}/snapshot")
    assert (await runner.get(f"/api/jobs/{job.id}/snapshot")).status_code == 401
    why = {"why": "it is too large"}
    assert (await ana.post(f"/api/jobs/{job.id}/snapshot/failed", json=why)).status_code == 401
    assert (await runner.post(f"/api/jobs/{job.id}/snapshot/failed", json=why)).status_code == 200
    found = (await ana.get(f"/api/jobs/{job.id}/snapshot")).json()
    assert (found["status"], found["why"]) == ("FAILED", "it is too large")


async def test_blobs_are_checked_and_private(api: Api) -> None:
    ana, bob = await api.user("ana"), await api.user("bob")
    content = b"a bundle" * 100_000
    digest = hashlib.sha256(content).hexdigest()
    wrong = await ana.put(f"/api/blobs/{'0' * 64}", content=content)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (422, "blob_digest_mismatch")
    assert (await ana.head(f"/api/blobs/{digest}")).status_code == 404
    stored = await ana.put(f"/api/blobs/{digest}", content=content)
    assert (stored.status_code, stored.json()) == (201, {"sha256": digest, "size": len(content)})
    assert (await ana.head(f"/api/blobs/{digest}")).headers["Content-Length"] == str(len(content))
    assert (await ana.get(f"/api/blobs/{digest}")).content == content
    assert (await bob.get(f"/api/blobs/{digest}")).status_code == 404
    refused = await bob.post("/api/jobs/create", json=JOB | {"bundleSha256": digest, "entrypoint": "main.py"})
    assert refused.json()["error"]["code"] == "bundle_not_found"


async def test_a_job_that_runs_after_another_says_so(api: Api) -> None:
    ana, bob = await api.user("ana"), await api.user("bob")
    first = (await create(ana, name="prepare"))["job"]["id"]
    second = (await create(ana, after=[first]))["job"]
    assert second["isHeldBack"] is True
    why = (await ana.get(f"/api/jobs/{second['id']}/why")).json()
    assert [awaited["name"] for awaited in why["waitsFor"]] == ["prepare"]
    assert (await ana.get(f"/api/jobs/{second['id']}/monitor")).json()["why"] == why
    foreign = await bob.post("/api/jobs/create", json=JOB | {"after": [first]})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "dependency_not_found")
