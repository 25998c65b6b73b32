"""What a key may be used for holds on every route, and no key makes a more powerful one."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy import text

from qubix.schemas.states import Scope
from qubix_platform.users import service as users
from qubix_serve import dependencies
from qubix_serve.dependencies import Holding
from tests.serve_app.conftest import Api

# Where any key or session will do: each judges by itself what it lets be done.
ANY_SCOPE: Final = {
    ("POST", "/api/users/me/keys"),
    ("DELETE", "/api/users/me/keys/{key_id}"),
    ("DELETE", "/api/users/me/sessions/{session_id}"),
    ("DELETE", "/api/wallet/session"),
    ("POST", "/api/wallet/links"),
}
# Where the token is looked at by hand, so that no transaction is open while something else is waited for.
BY_HAND: Final = {
    ("PUT", f"/api/blobs/{'0' * 64}"): Scope.JOBS,
    ("HEAD", f"/api/blobs/{'0' * 64}"): Scope.READ,
    ("GET", f"/api/blobs/{'0' * 64}"): Scope.READ,
    ("GET", f"/api/wallet/{'A' * 60}/balance"): Scope.READ,
    ("POST", "/api/providers/quick-register"): Scope.PROVIDER,
}


def routes_of(routes: Iterable[object]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from routes_of(router.routes)


def below(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for nested in dependant.dependencies:
        yield from below(nested)


async def key_of(api: Api, *scopes: Scope, name: str = "ana", is_operator: bool = False) -> httpx.AsyncClient:
    """A client of a user by a key with these scopes."""
    async with api.database.transaction() as session:
        user = await users.ensure(session, name, is_operator=is_operator)
        key = await users.create_api_key(session, user_id=user.id, name="test", scopes=scopes)
    return api.client(key.key)


async def test_every_route_for_users_asks_for_a_scope(api: Api) -> None:
    asked = set()
    for route in routes_of(api.app.routes):
        calls = [dependant.call for dependant in below(route.dependant)]
        if dependencies.user_caller in calls:
            known = {(method, route.path) for method in route.methods or ()}
            scoped = any(isinstance(call, Holding) for call in calls) or dependencies.operator_caller in calls
            assert scoped or known <= ANY_SCOPE, f"{known} takes any key: ask for a scope, as ReadUser does"
            asked |= known
    assert len(asked) > 20
    assert asked >= ANY_SCOPE, "ANY_SCOPE names a route that is not there"


@pytest.mark.parametrize(("route", "scope"), BY_HAND.items(), ids=str)
async def test_routes_that_look_by_hand_ask_for_a_scope_too(api: Api, route: tuple[str, str], scope: Scope) -> None:
    method, path = route
    machine = {
        "type": "native",
        "workerId": "rig-1",
        "gpu": [],
        "cpu": {"model": "EPYC", "cores": 1},
        "ram": {"totalMib": 1},
        "isolationLevel": "none",
    }
    others = [other for other in Scope if other is not scope]
    body: dict[str, Any] = {"json": machine} if method == "POST" else {}
    lacking = await (await key_of(api, *others)).request(method, path, **body)
    assert lacking.status_code == 403
    assert method == "HEAD" or lacking.json()["error"]["details"]["missing"] == [scope.value]
    holding = await (await key_of(api, scope)).request(method, path, **body)
    assert "scope_missing" not in holding.text


@pytest.mark.parametrize(
    ("method", "path", "body", "scope"),
    [
        ("GET", "/api/users/me", None, Scope.READ),
        ("GET", "/api/jobs", None, Scope.READ),
        ("POST", "/api/jobs/analyze", {"filename": "x.py", "content": "pass"}, Scope.READ),
        (
            "POST",
            "/api/jobs/create",
            {"modelType": "script", "source": "pass", "maxPrice": 0, "timeLimitSeconds": 60},
            Scope.JOBS,
        ),
        ("POST", "/api/providers/join-tokens", {}, Scope.PROVIDER),
        ("POST", "/api/dev/credit", {"amount": 5}, Scope.MONEY),
    ],
)
async def test_a_scope_opens_its_routes_and_no_others(
    api: Api, method: str, path: str, body: object, scope: Scope
) -> None:
    for other in Scope:
        response = await (await key_of(api, other)).request(method, path, json=body)
        if other is scope:
            assert response.is_success, response.text
        else:
            error = response.json()["error"]
            assert (response.status_code, error["code"]) == (403, "scope_missing")
            assert error["details"]["missing"] == [scope.value]
            assert error["details"]["scopes"] == [other.value]


async def test_an_operators_routes_take_a_key_for_everything(api: Api) -> None:
    partly = await key_of(api, Scope.READ, Scope.MONEY, name="boss", is_operator=True)
    wholly = await key_of(api, *Scope, name="boss", is_operator=True)
    answer = await partly.post("/api/users", json={"username": "new"})
    assert answer.json()["error"]["code"] == "scope_missing"
    assert (await wholly.post("/api/users", json={"username": "new"})).status_code == 201
    assert (await (await key_of(api, *Scope)).post("/api/users", json={"username": "x"})).status_code == 403


async def test_a_key_says_what_it_is_for_and_when_it_was_used(api: Api) -> None:
    ana = await api.user("ana")
    made = (await ana.post("/api/users/me/keys", json={"name": "ci", "scopes": ["jobs", "read"]})).json()
    assert made["scopes"] == ["read", "jobs"]
    assert (made["expiresAt"], made["lastUsedAt"]) == (None, None)
    assert (await api.client(made["key"]).get("/api/users/me")).status_code == 200
    listed = {key["name"]: key for key in (await ana.get("/api/users/me/keys")).json()}
    used = datetime.fromisoformat(listed["ci"]["lastUsedAt"])
    assert abs(datetime.now(UTC) - used) < timedelta(minutes=1)
    assert "key" not in listed["ci"]
    assert listed["test"]["scopes"] == ["read", "jobs", "provider", "money"]


@pytest.mark.parametrize("scopes", [[], ["all"], ["read"] * 9])
async def test_a_key_for_nothing_or_for_something_unknown_is_refused(api: Api, scopes: list[str]) -> None:
    ana = await api.user("ana")
    response = await ana.post("/api/users/me/keys", json={"name": "odd", "scopes": scopes})
    assert response.status_code == 422


async def test_a_key_makes_and_revokes_none_that_is_more_powerful(api: Api) -> None:
    ana = await api.user("ana")
    made = await ana.post("/api/users/me/keys", json={"name": "reader", "scopes": ["read"]})
    reader = api.client(made.json()["key"])
    for wanted in (["read", "money"], ["jobs"]):
        answer = await reader.post("/api/users/me/keys", json={"name": "more", "scopes": wanted})
        assert answer.json()["error"]["code"] == "scope_missing"
    assert (await reader.post("/api/users/me/keys", json={"name": "more"})).status_code == 403
    equal = (await reader.post("/api/users/me/keys", json={"name": "equal", "scopes": ["read"]})).json()
    keys = {key["name"]: key["id"] for key in (await ana.get("/api/users/me/keys")).json()}
    assert (await reader.delete(f"/api/users/me/keys/{keys['test']}")).status_code == 403
    assert (await reader.delete(f"/api/users/me/keys/{equal['id']}")).status_code == 200
    assert (await api.client(equal["key"]).get("/api/users/me")).status_code == 401
    bob = await api.user("bob")
    assert (await bob.delete(f"/api/users/me/keys/{keys['reader']}")).status_code == 404


async def test_an_expired_key_is_refused_and_none_outlives_its_maker(api: Api) -> None:
    ana = await api.user("ana")
    short = await ana.post("/api/users/me/keys", json={"name": "short", "expiresInSeconds": 3600})
    holder = api.client(short.json()["key"])
    for wanted in ({}, {"expiresInSeconds": 7200}):
        made = (await holder.post("/api/users/me/keys", json={"name": "child"} | wanted)).json()
        assert made["expiresAt"] == short.json()["expiresAt"]
    async with api.database.transaction() as session:
        await session.execute(text("update api_keys set expires_at = now() where name = 'short'"))
    assert (await holder.get("/api/users/me")).json()["error"]["code"] == "unknown_token"
