"""The session that a browser keeps, and whose pages it counts for."""

from collections.abc import AsyncIterator
from dataclasses import replace
from http.cookies import Morsel, SimpleCookie

import httpx
import pytest
from fastapi import FastAPI

from qubix_serve.app import create_app
from qubix_serve.cookies import SESSION_COOKIE
from qubix_serve.settings import ServeSettings
from tests.serve_app.wallets import TestWallet

OURS = "https://qubix.example"
LIMITS = "/api/users/me/limits"


@pytest.fixture
async def app(serve_settings: ServeSettings) -> AsyncIterator[FastAPI]:
    """The API behind a front that speaks TLS."""
    made = create_app(replace(serve_settings, public_url=OURS))
    async with made.router.lifespan_context(made):
        yield made


def browser(app: FastAPI, *, origin: str | None, base: str = OURS) -> httpx.AsyncClient:
    """A page's requests; cookies are kept, as browsers do."""
    headers = {} if origin is None else {"Origin": origin}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=base, headers=headers)


async def signed_in(client: httpx.AsyncClient) -> Morsel[str]:
    """Sign in; the cookie."""
    wallet = TestWallet.of("ada")
    asked = await wallet.challenge(client)
    response = await client.post("/api/wallet/connect", json=wallet.answer(asked["message"]))
    assert response.status_code == 200, response.text
    return SimpleCookie(response.headers["set-cookie"])[SESSION_COOKIE]


async def test_a_browser_keeps_its_session_out_of_reach_of_scripts(app: FastAPI) -> None:
    async with browser(app, origin=OURS) as page:
        cookie = await signed_in(page)
        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["samesite"] == "strict"
        assert cookie["path"] == "/"
        assert (await page.get("/api/users/me")).status_code == 200
        assert (await page.put(LIMITS, json={"perJob": 5})).status_code == 200

        out = await page.delete("/api/wallet/session")
        assert out.status_code == 200
        assert SESSION_COOKIE not in page.cookies
        assert (await page.get("/api/users/me")).status_code == 401


async def test_a_page_learns_who_is_signed_in(app: FastAPI) -> None:
    async with browser(app, origin=OURS) as page:
        assert (await page.get("/api/wallet/session")).json() == {"user": None}
        cookie = await signed_in(page)
        user = (await page.get("/api/wallet/session")).json()["user"]
        assert user == (await page.get("/api/users/me")).json()

        await page.delete("/api/wallet/session")
        page.cookies.set(SESSION_COOKIE, cookie.value, domain="qubix.example")
        ended = await page.get("/api/wallet/session")
        assert (ended.status_code, ended.json()) == (200, {"user": None})


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://qubix.example", "https://qubix.example:8443", "null", None]
)
async def test_another_page_changes_nothing_by_the_session(app: FastAPI, origin: str | None) -> None:
    async with browser(app, origin=OURS) as page, browser(app, origin=origin) as foreign:
        cookie = await signed_in(page)
        foreign.cookies.set(SESSION_COOKIE, cookie.value, domain="qubix.example")

        refused = await foreign.put(LIMITS, json={"perJob": 5})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "foreign_page")
        assert (await foreign.delete("/api/wallet/session")).status_code == 403
        # A token in the header is no browser's doing.
        by_token = await foreign.put(LIMITS, json={"perJob": 5}, headers={"Authorization": f"Bearer {cookie.value}"})
        assert by_token.status_code == 200


async def test_a_program_gets_no_cookie(app: FastAPI) -> None:
    async with browser(app, origin=None) as program:
        wallet = TestWallet.of("ada")
        await wallet.connect(program)
        assert not program.cookies


async def test_a_machine_may_be_opened_by_its_own_name(app: FastAPI) -> None:
    local = "http://127.0.0.1:8000"
    async with browser(app, origin=OURS) as page, browser(app, origin=local, base=local) as here:
        cookie = await signed_in(page)
        here.cookies.set(SESSION_COOKIE, cookie.value, domain="127.0.0.1")
        assert (await here.put(LIMITS, json={"perJob": 5})).status_code == 200
        other = await here.put(LIMITS, json={"perJob": 5}, headers={"Origin": "http://127.0.0.1:9999"})
        assert other.status_code == 403
