"""A wallet's balance with what a real devnet says of it, and without when it does not answer."""

import socket
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from qubix_platform.chain.addresses.service import fill_pool
from qubix_platform.chain.keys import KeyRing
from qubix_platform.qubic.rpc import QubicRpc, RpcPolicy
from qubix_serve.app import create_app
from qubix_serve.onchain import look_up
from qubix_serve.settings import ServeSettings
from tests.devnet_fixture import LiveDevnet
from tests.platform.market_life import Market
from tests.serve_app.conftest import Api
from tests.serve_app.wallets import TestWallet

ADA = TestWallet.of("ada")


@pytest.fixture
async def chain_api(serve_settings: ServeSettings, devnet: LiveDevnet) -> AsyncIterator[Api]:
    """The API of a platform on this devnet."""
    app = create_app(replace(serve_settings, chain_url=devnet.url, is_devnet=True))
    async with app.router.lifespan_context(app):
        database = app.state.context.database
        yield Api(app=app, market=Market(database), database=database)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_the_chains_balance_stands_beside_ours(chain_api: Api, devnet: LiveDevnet) -> None:
    devnet.fund(ADA.address, 12_345)
    client = chain_api.client((await ADA.connect(chain_api.client()))["session"]["token"])
    seen = (await client.get(f"/api/wallet/{ADA.address}/balance")).json()
    assert (seen["onChain"], seen["onChainReason"], seen["available"]) == (12_345, None, 0)
    assert seen["onChainTick"] > 0


async def test_an_identity_that_the_chain_never_saw_holds_nothing(devnet: LiveDevnet) -> None:
    async with QubicRpc(devnet.url) as rpc:
        found = await look_up(rpc, TestWallet.of("nobody").address)
    assert (found.amount, found.reason) == (0, None)


async def test_a_chain_that_is_not_there_is_said_to_be(chain_api: Api, devnet: LiveDevnet) -> None:
    client = chain_api.client((await ADA.connect(chain_api.client()))["session"]["token"])
    devnet.plan(rates={"serverError": 1.0})
    seen = await client.get(f"/api/wallet/{ADA.address}/balance")
    assert seen.status_code == 200
    assert seen.json()["onChain"] is None
    assert seen.json()["onChainReason"]
    assert seen.json()["available"] == 0


async def test_a_chain_that_is_silent_is_not_waited_for(silent_port: int) -> None:
    began = time.monotonic()
    async with QubicRpc(f"http://127.0.0.1:{silent_port}", policy=RpcPolicy()) as rpc:
        found = await look_up(rpc, ADA.address)
    assert time.monotonic() - began < 10
    assert found.amount is None
    assert "did not answer" in (found.reason or "")


async def test_a_development_wallet_pays_to_the_callers_deposit_address(chain_api: Api, devnet: LiveDevnet) -> None:
    async with chain_api.database.transaction() as session:
        await fill_pool(session, KeyRing.from_seed("k" * 55), treasury=None, size=3)
    ada = await chain_api.user("ada")
    address = (await ada.post("/api/wallet/deposit-address")).json()["address"]
    paid = await ada.post("/api/wallet/development/1/deposit", json={"amount": 4_000})
    assert paid.status_code == 202, paid.text
    assert (paid.json()["destination"], paid.json()["amount"]) == (address, 4_000)
    async with QubicRpc(devnet.url) as chain:
        deadline = time.monotonic() + 20
        while (await chain.tick_info()).tick <= paid.json()["tick"]:
            assert time.monotonic() < deadline
        assert (await chain.balance(address)).balance == 4_000

    too_much = await ada.post("/api/wallet/development/1/deposit", json={"amount": 200_000_000_000_000})
    assert (too_much.status_code, too_much.json()["error"]["code"]) == (402, "development_wallet_empty")
    nobody = await ada.post("/api/wallet/development/99/deposit", json={"amount": 1})
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "no_development_wallets")
    stranger = await chain_api.client().post("/api/wallet/development/1/deposit", json={"amount": 1})
    assert stranger.status_code == 401
