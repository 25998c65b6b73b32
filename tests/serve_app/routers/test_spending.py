"""Quotes and spending limits over HTTP."""

from typing import Any

import httpx

from qubix.qubic import keys
from tests.serve_app.conftest import Api

JOB = {"source": "print(1)", "maxPrice": 36_000, "timeLimitSeconds": 60}
SOMEBODY = keys.derive("o" * 55).identity
WANTED = {"resources": {"gpuCount": 1}, "timeLimitSeconds": 1800}


async def quoted(client: httpx.AsyncClient, **changes: object) -> dict[str, Any]:
    response = await client.post("/api/jobs/quote", json=WANTED | changes)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_a_quote_is_the_price_of_the_machine_that_the_job_would_go_to(api: Api) -> None:
    ana = await api.user("ana", balance=1_000_000)
    await api.market.machine(price=500_000)
    cheapest = await api.market.machine(price=360_000)
    found = await quoted(ana, maxPrice=720_000)
    assert (found["workerId"], found["pricePerHour"], found["likelyCost"]) == (cheapest.worker_id, 360_000, 180_000)
    assert (found["maximumCost"], found["hold"], found["settleEverySeconds"]) == (360_000, 360_000, None)
    assert (found["balance"], found["balanceLastsSeconds"]) == (1_000_000, 10_000)
    assert (found["obstacles"], found["waiting"]) == ([], None)
    created = await ana.post("/api/jobs/create", json={**JOB, **WANTED, "maxPrice": 720_000})
    assert created.json()["job"]["holdAmount"] == found["hold"]


async def test_a_quote_of_a_long_job_says_what_is_held_at_first_and_what_stands_in_the_way(api: Api) -> None:
    ana = await api.user("ana", balance=400_000)
    await api.market.machine(price=360_000)
    found = await quoted(ana, timeLimitSeconds=10 * 3600)
    assert (found["maximumCost"], found["hold"], found["settleEverySeconds"]) == (3_600_000, 420_000, 3600)
    assert "400000 QU does not cover the 420000 QU" in found["obstacles"][0]
    await ana.put("/api/users/me/limits", json={"perJob": 1_000_000})
    assert any(
        "for one job is 1000000 QU" in each for each in (await quoted(ana, timeLimitSeconds=36_000))["obstacles"]
    )


async def test_a_quote_says_why_the_job_would_wait(api: Api) -> None:
    ana = await api.user("ana")
    found = await quoted(ana, maxPrice=10)
    assert (found["pricePerHour"], found["likelyCost"], found["maximumCost"]) == (None, None, 5)
    assert found["waiting"]["considered"] == 0


async def test_limits_are_shown_with_what_counts_against_them(api: Api) -> None:
    ana = await api.user("ana")
    assert (await ana.get("/api/users/me/limits")).json() == []
    await ana.post("/api/jobs/create", json=JOB)
    answer = await ana.put("/api/users/me/limits", json={"perJob": 700, "perDay": 1_000})
    assert answer.status_code == 200, answer.text
    (mine,) = answer.json()
    assert (mine["keyId"], mine["perJob"], mine["perDay"], mine["total"]) == (None, 700, 1_000, None)
    assert (mine["spentToday"], mine["spent"], mine["held"]) == (0, 0, 600)
    refused = await ana.post("/api/jobs/create", json=JOB)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "spending_limit_reached")
    assert refused.json()["error"]["details"]["reached"] == 1_200
    assert (await ana.put("/api/users/me/limits", json={})).json() == []
    assert (await ana.post("/api/jobs/create", json=JOB)).status_code == 201


async def test_a_limited_key_cannot_free_itself_and_nobody_limits_a_strangers_key(api: Api) -> None:
    ana, bob = await api.user("ana"), await api.user("bob")
    own = (await ana.get("/api/users/me/keys")).json()[0]["id"]
    foreign = (await bob.get("/api/users/me/keys")).json()[0]["id"]
    stranger = await ana.put("/api/users/me/limits", json={"keyId": foreign, "total": 1})
    assert (stranger.status_code, stranger.json()["error"]["code"]) == (422, "key_of_somebody_else")
    assert (await ana.put("/api/users/me/limits", json={"keyId": own, "total": 600})).status_code == 200
    freed = await ana.put("/api/users/me/limits", json={"keyId": own})
    assert (freed.status_code, freed.json()["error"]["code"]) == (403, "limited_key")
    assert (await ana.post("/api/jobs/create", json=JOB)).status_code == 201
    assert (await ana.post("/api/jobs/create", json=JOB)).status_code == 403
    others = {
        "/api/users/me/keys": {"name": "a way out", "scopes": ["jobs"]},
        "/api/wallet/withdraw": {"address": SOMEBODY, "amount": 1},
        "/api/qubic/escrow/lock": {"amount": 1, "source": "balance"},
    }
    for path, body in others.items():
        way_out = await ana.post(path, json=body)
        assert (way_out.status_code, way_out.json()["error"]["code"]) == (403, "limited_key"), path


async def test_an_escrow_from_the_balance_stays_within_its_users_limits(api: Api) -> None:
    ana = await api.user("ana")
    assert (await ana.put("/api/users/me/limits", json={"perDay": 600})).status_code == 200
    refused = await ana.post("/api/qubic/escrow/lock", json={"amount": 601, "source": "balance"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "spending_limit_reached")
    assert (await ana.post("/api/qubic/escrow/lock", json={"amount": 600, "source": "balance"})).status_code == 201
