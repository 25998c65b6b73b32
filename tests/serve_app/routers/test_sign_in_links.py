"""Links that open the console signed in: once, soon, and for who may do everything."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from structlog.testing import capture_logs

from qubix.schemas.states import Scope
from qubix_platform.users import service as users
from tests.serve_app.conftest import Api

LINKS = "/api/wallet/links"
EXCHANGE = f"{LINKS}/exchange"
OURS = {"Origin": "http://127.0.0.1:8000"}


async def test_a_link_signs_in_once(api: Api) -> None:
    async with await api.user("ana") as ana, api.client() as browser, api.client() as late:
        made = await ana.post(LINKS)
        assert made.status_code == 201, made.text
        page, _, token = made.json()["url"].partition("#")
        assert page == "http://127.0.0.1:8000/app/enter"

        with capture_logs() as logs:
            entered = await browser.post(EXCHANGE, json={"token": token}, headers=OURS)
        assert entered.status_code == 200, entered.text
        assert token not in str(logs)
        assert entered.json()["session"]["format"] == "link"
        assert (await browser.get("/api/users/me")).json()["id"] == (await ana.get("/api/users/me")).json()["id"]

        again = await late.post(EXCHANGE, json={"token": token}, headers=OURS)
        assert (again.status_code, again.json()["error"]["code"]) == (401, "link_spent")
        assert not late.cookies
    async with api.database.transaction() as session:
        stored = (await session.execute(text("select token_hash from sign_in_links"))).scalar_one()
    assert token.encode() not in bytes(stored)


async def test_a_link_that_has_expired_signs_nobody_in(api: Api) -> None:
    async with await api.user("ana") as ana, api.client() as browser:
        token = (await ana.post(LINKS)).json()["url"].partition("#")[2]
        async with api.database.transaction() as session:
            await session.execute(text("update sign_in_links set expires_at = now() - interval '1 second'"))
        for guess in (token, "qbx_link_guessed", "", "x" * 200):
            refused = await browser.post(EXCHANGE, json={"token": guess}, headers=OURS)
            assert (refused.status_code, refused.json()["error"]["code"]) == (401, "link_spent")


async def test_a_link_is_no_more_than_who_made_it(api: Api) -> None:
    ends = datetime.now(UTC) + timedelta(hours=1)
    async with api.database.transaction() as session:
        user = await users.ensure(session, "ana", is_operator=False)
        some = await users.create_api_key(session, user_id=user.id, name="some", scopes=[Scope.READ, Scope.JOBS])
        brief = await users.create_api_key(session, user_id=user.id, name="brief", expires_at=ends)
    async with api.client(some.key) as lesser, api.client(brief.key) as short, api.client() as browser:
        assert (await lesser.post(LINKS)).status_code == 403
        token = (await short.post(LINKS)).json()["url"].partition("#")[2]
        assert (await short.post("/api/wallet/links", headers={"Authorization": f"Bearer {token}"})).status_code == 401
        entered = (await browser.post(EXCHANGE, json={"token": token}, headers=OURS)).json()
    assert datetime.fromisoformat(entered["session"]["expiresAt"]) == ends


async def test_another_page_cannot_use_a_link(api: Api) -> None:
    async with await api.user("ana") as ana, api.client() as browser:
        token = (await ana.post(LINKS)).json()["url"].partition("#")[2]
        foreign = await browser.post(EXCHANGE, json={"token": token}, headers={"Origin": "https://evil.example"})
        assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "foreign_page")
        assert (await browser.post(EXCHANGE, json={"token": token}, headers=OURS)).status_code == 200
