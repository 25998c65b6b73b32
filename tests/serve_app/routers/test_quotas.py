"""Quotas and priorities over HTTP."""

from tests.serve_app.conftest import Api


async def test_an_operator_sets_what_a_user_may_have_and_the_user_sees_it(api: Api) -> None:
    ana, root = await api.user("ana"), await api.user("root", is_operator=True)
    job = {"source": "print(1)", "maxPrice": 36_000, "timeLimitSeconds": 60, "priority": "high"}
    refused = await ana.post("/api/jobs/create", json=job)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "priority_not_allowed")
    assert (await ana.put("/api/users/ana/quota", json={"weight": 500})).status_code == 403

    answer = await root.put("/api/users/ana/quota", json={"weight": 200, "maxGpus": 4, "mayUseHigh": True})
    assert answer.status_code == 200, answer.text
    mine = (await ana.get("/api/users/me/quota")).json()
    assert mine == answer.json()
    assert (mine["username"], mine["weight"], mine["maxGpus"], mine["mayUseHigh"]) == ("ana", 200, 4, True)
    created = await ana.post("/api/jobs/create", json=job)
    assert created.json()["job"]["priority"] == "high", created.text
