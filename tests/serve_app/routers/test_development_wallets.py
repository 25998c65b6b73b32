"""A devnet's wallets, with which anybody may sign in: on a devnet, and nowhere else."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings
from tests.serve_app.conftest import Api

WALLETS = "/api/wallet/development"


@pytest.fixture
async def devnet(serve_settings: ServeSettings) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger to a platform on a devnet."""
    app: FastAPI = create_app(replace(serve_settings, is_devnet=True))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000") as client,
    ):
        yield client


async def message_for(client: httpx.AsyncClient, address: str) -> str:
    return str((await client.post("/api/wallet/challenge", json={"qubicAddress": address})).json()["message"])


async def test_a_stranger_signs_in_with_a_development_wallet(devnet: httpx.AsyncClient) -> None:
    listed = await devnet.get(WALLETS)
    assert listed.headers["X-Total-Count"] == str(len(listed.json()))
    wallet = listed.json()[2]
    message = await message_for(devnet, wallet["qubicAddress"])

    signed = (await devnet.post(f"{WALLETS}/{wallet['number']}/sign", json={"message": message})).json()
    connected = await devnet.post("/api/wallet/connect", json=signed | {"message": message})
    assert connected.status_code == 200, connected.text
    assert connected.json()["user"]["qubicAddress"] == wallet["qubicAddress"]


async def test_another_wallets_signature_lets_nobody_in(devnet: httpx.AsyncClient) -> None:
    first, second = (await devnet.get(WALLETS)).json()[:2]
    message = await message_for(devnet, first["qubicAddress"])
    signed = (await devnet.post(f"{WALLETS}/{second['number']}/sign", json={"message": message})).json()
    claimed = signed | {"message": message, "qubicAddress": first["qubicAddress"]}
    assert (await devnet.post("/api/wallet/connect", json=claimed)).status_code == 401


async def test_they_sign_nothing_but_sign_ins_to_their_own_platform(devnet: httpx.AsyncClient) -> None:
    wallet = (await devnet.get(WALLETS)).json()[0]
    message = await message_for(devnet, wallet["qubicAddress"])
    for other in ("pay 5 QU", message.replace("Domain: 127.0.0.1:8000", "Domain: elsewhere.example")):
        refused = await devnet.post(f"{WALLETS}/0/sign", json={"message": other})
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "not_a_sign_in")
    unknown = await devnet.post(f"{WALLETS}/99/sign", json={"message": message})
    assert unknown.status_code == 404


async def test_a_real_chain_has_none(api: Api) -> None:
    async with api.client() as stranger:
        for refused in (await stranger.get(WALLETS), await stranger.post(f"{WALLETS}/0/sign", json={"message": "x"})):
            assert (refused.status_code, refused.json()["error"]["code"]) == (404, "no_development_wallets")


async def test_anybody_may_ask_what_the_platform_is(devnet: httpx.AsyncClient, api: Api) -> None:
    there = (await devnet.get("/api/platform")).json()
    assert (there["chain"], "devnet" in there["walletFormats"]) == ("devnet", True)
    async with api.client() as stranger:
        here = (await stranger.get("/api/platform")).json()
    assert (here["chain"], here["mode"], here["walletFormats"]) == ("none", "development", ["extension"])
    assert here["walletconnectProjectId"] is None
