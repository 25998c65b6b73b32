"""Reservations over HTTP."""

from datetime import UTC, datetime, timedelta

from tests.serve_app.conftest import Api


async def test_a_machine_is_reserved_listed_and_given_back(api: Api) -> None:
    ana, bob = await api.user("ana", balance=10_000_000), await api.user("bob")
    machine = await api.market.machine(price=1_000_000)
    starts_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    wanted = {"provider": machine.worker_id, "seconds": 7200, "startsAt": starts_at}
    made = await ana.post("/api/reservations", json=wanted)
    assert made.status_code == 201, made.text
    found = made.json()
    assert (found["workerId"], found["status"], found["pricePerHour"]) == (machine.worker_id, "ACTIVE", 1_000_000)
    assert (found["discountBasisPoints"], found["prepaid"]) == (500, 1_900_000)
    assert (await ana.get("/api/reservations")).json() == [found]
    assert (await bob.get("/api/reservations")).json() == []

    again = await bob.post("/api/reservations", json={**wanted, "provider": str(machine.id)})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "machine_not_to_reserve")
    path = f"/api/reservations/{found['id']}"
    assert (await bob.delete(path)).status_code == 404
    ended = [(await ana.delete(path)).json() for _ in range(2)]
    assert ended[0] == ended[1]
    assert (ended[0]["status"], ended[0]["paid"], ended[0]["refunded"]) == ("CANCELLED", 0, 1_900_000)
    assert (await ana.get("/api/users/me")).json()["balance"] == 10_000_000


async def test_a_time_without_zone_or_a_machine_that_is_not_there_is_refused(api: Api) -> None:
    ana = await api.user("ana")
    unknown = await ana.post("/api/reservations", json={"provider": "nobody", "seconds": 3600})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (409, "machine_not_to_reserve")
    naive = {"provider": "nobody", "seconds": 3600, "startsAt": "2030-01-01T00:00:00"}
    assert (await ana.post("/api/reservations", json=naive)).status_code in {400, 422}
