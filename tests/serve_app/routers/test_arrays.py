"""Arrays over HTTP."""

from tests.serve_app.conftest import Api

ARRAY = {"modelType": "script", "source": "print(1)", "maxPrice": 36_000, "timeLimitSeconds": 60, "array": "0-2%2"}


async def test_an_array_is_created_listed_and_cancelled(api: Api) -> None:
    ana, bob = await api.user("ana"), await api.user("bob")
    created = await ana.post("/api/arrays", json=ARRAY, headers={"Idempotency-Key": "once"})
    assert created.status_code == 201, created.text
    array = created.json()["array"]
    assert (array["size"], array["atOnce"], array["holdAmount"], array["heldBack"]) == (3, 2, 1_800, 1)
    assert (await ana.get("/api/arrays")).json() == [array]
    jobs = (await ana.get("/api/jobs", params={"array": array["id"], "sort": "arrayIndex"})).json()
    assert [job["arrayIndex"] for job in jobs] == [0, 1, 2]
    assert (await bob.get(f"/api/arrays/{array['id']}")).json()["error"]["code"] == "array_not_found"
    cancelled = (await ana.post(f"/api/arrays/{array['id']}/cancel")).json()
    assert cancelled["array"]["counts"] == {"CANCELLED": 3}
    assert (await ana.get("/api/users/me")).json()["balance"] == 1_000_000


async def test_what_is_no_array_is_refused_with_the_reason(api: Api) -> None:
    ana = await api.user("ana")
    for array, said in (("9-0", "goes upwards"), ("0-5000", "at most 1,000 jobs"), ("x", "FIRST-LAST")):
        refused = await ana.post("/api/arrays", json=ARRAY | {"array": array})
        assert (refused.status_code, said in refused.text) == (422, True), refused.text
    dear = await ana.post("/api/arrays", json=ARRAY | {"maxPrice": 36_000_000})
    assert (dear.status_code, dear.json()["error"]["details"]["covered"]) == (402, 1)
