"""Signing in by wallet over HTTP: who proves their address is let in, everybody else gets one plain answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from qubix.qubic import identity
from qubix.qubic.fourq import points
from qubix.schemas.states import WalletFormat
from qubix_platform.wallets.limits import MOST_OF_A_CLIENT, MOST_OF_AN_ADDRESS
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings
from tests.platform.market_life import Market
from tests.serve_app.conftest import Api
from tests.serve_app.wallets import TestWallet

ADA = TestWallet.of("ada")
EVE = TestWallet.of("eve")


@pytest.fixture
async def devnet_api(serve_settings: ServeSettings) -> AsyncIterator[Api]:
    """The API of a platform on a devnet, with WalletConnect."""
    settings = replace(serve_settings, is_devnet=True, walletconnect_project_id="a project")
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        database = app.state.context.database
        yield Api(app=app, market=Market(database), database=database)


async def refusal_of(client: httpx.AsyncClient, request: dict[str, object], **headers: str) -> str:
    """The reason in the log for which a sign-in is refused; the wire's answer is always the same."""
    with capture_logs() as logs:
        response = await client.post("/api/wallet/connect", json=request, headers=headers)
    assert response.status_code == 401, response.text
    assert response.json()["error"] == {
        "code": "wallet_refused",
        "message": "Signing in with a wallet: the signature does not prove that the address is yours. "
        "Ask for a new challenge, and sign its exact message before it expires.",
        "details": {
            "asked": "Signing in with a wallet",
            "obstacle": "the signature does not prove that the address is yours",
            "remedy": "Ask for a new challenge, and sign its exact message before it expires.",
        },
    }
    (refused,) = [line for line in logs if line["event"] == "wallet_refused"]
    return str(refused["reason"])


async def test_who_signs_the_challenge_is_let_in_and_made_a_user(api: Api) -> None:
    client = api.client()
    asked = await ADA.challenge(client)
    assert asked["domain"] == "127.0.0.1:8000"
    assert asked["formats"] == ["extension"]
    assert ADA.address in asked["message"]
    assert asked["nonce"] in asked["message"]
    lifetime = datetime.fromisoformat(asked["expiresAt"]) - datetime.now(UTC)
    assert 290 < lifetime.total_seconds() <= 300
    response = await client.post("/api/wallet/connect", json=ADA.answer(asked["message"]))
    assert response.status_code == 200, response.text
    connected = response.json()
    assert connected["success"] is True
    assert connected["balance"] == 0
    assert connected["user"]["qubicAddress"] == ADA.address
    assert connected["session"]["token"].startswith("qbx_ses_")
    me = await api.client(connected["session"]["token"]).get("/api/users/me")
    assert me.json()["id"] == connected["user"]["id"]
    assert (await ADA.connect(client))["user"]["id"] == connected["user"]["id"]
    assert (await EVE.connect(client))["user"]["id"] != connected["user"]["id"]


async def test_one_wallet_is_given_ten_challenges_a_minute_and_then_told_when_to_come_back(api: Api) -> None:
    client = api.client()
    await asyncio.gather(*(ADA.challenge(client) for _ in range(MOST_OF_AN_ADDRESS - 1)))
    both = await asyncio.gather(
        *(client.post("/api/wallet/challenge", json={"qubicAddress": ADA.address}) for _ in range(2))
    )
    taken, refused = sorted(both, key=lambda response: response.status_code)
    assert (taken.status_code, refused.status_code) == (201, 429)
    error = refused.json()["error"]
    assert error["code"] == "too_many_challenges"
    wait = error["details"]["retryAfterSeconds"]
    assert 1 <= wait <= 60
    assert refused.headers["Retry-After"] == str(wait)
    assert f"in {wait} seconds" in error["message"]
    await EVE.challenge(client)
    async with api.database.transaction() as session:
        await session.execute(text("update wallet_challenges set issued_at = issued_at - interval '1 minute'"))
    await ADA.challenge(client)


async def test_one_client_is_given_sixty_challenges_a_minute_for_all_its_wallets(api: Api) -> None:
    client, elsewhere = (
        api.client(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=api.app, client=("2001:db8::1", 1)), base_url="http://test"
        ),
    )
    await asyncio.gather(*(TestWallet.of(f"w{n}").challenge(client) for n in range(MOST_OF_A_CLIENT)))
    refused = await client.post("/api/wallet/challenge", json={"qubicAddress": ADA.address})
    assert refused.status_code == 429
    assert "you had as many" in refused.json()["error"]["message"]
    async with elsewhere:
        await ADA.challenge(elsewhere)


async def test_challenges_that_ended_long_ago_are_removed(api: Api) -> None:
    client = api.client()
    await ADA.challenge(client)
    async with api.database.transaction() as session:
        await session.execute(text("update wallet_challenges set expires_at = now() - interval '61 minutes'"))
    asked = await EVE.challenge(client)
    async with api.database.transaction() as session:
        assert list((await session.execute(text("select nonce from wallet_challenges"))).scalars()) == [asked["nonce"]]


async def test_without_the_message_the_newest_challenge_is_meant(api: Api) -> None:
    client = api.client()
    older = await ADA.challenge(client)
    newer = await ADA.challenge(client)
    assert await refusal_of(client, ADA.answer(older["message"], message=None)) == "forged"
    response = await client.post("/api/wallet/connect", json=ADA.answer(newer["message"], message=None))
    assert response.status_code == 200
    assert (await client.post("/api/wallet/connect", json=ADA.answer(older["message"]))).status_code == 200


@pytest.mark.parametrize("wallet_format", list(WalletFormat))
async def test_each_offered_format_is_taken_and_is_not_another(devnet_api: Api, wallet_format: WalletFormat) -> None:
    client, wallet = devnet_api.client(), TestWallet.of("ada", wallet_format)
    asked = await wallet.challenge(client)
    assert asked["formats"] == ["extension", "walletconnect", "devnet"]
    others = [other for other in WalletFormat if other is not wallet_format]
    for other in others:
        reason = await refusal_of(client, wallet.answer(asked["message"], format=other.value))
        assert reason in {"forged", "malformed"}
    response = await client.post("/api/wallet/connect", json=wallet.answer(asked["message"]))
    assert response.json()["session"]["format"] == wallet_format


@pytest.mark.parametrize("wallet_format", [WalletFormat.WALLETCONNECT, WalletFormat.DEVNET])
async def test_a_format_that_is_not_offered_is_refused(api: Api, wallet_format: WalletFormat) -> None:
    client, wallet = api.client(), TestWallet.of("ada", wallet_format)
    asked = await wallet.challenge(client)
    assert wallet_format not in asked["formats"]
    assert await refusal_of(client, wallet.answer(asked["message"])) == "format_not_offered"


async def test_a_replayed_signature_is_refused(api: Api) -> None:
    client = api.client()
    answer = ADA.answer((await ADA.challenge(client))["message"])
    assert (await client.post("/api/wallet/connect", json=answer)).status_code == 200
    assert await refusal_of(client, answer) == "replayed"
    assert await refusal_of(client, answer | {"message": None}) == "replayed"


async def test_of_many_replays_at_once_one_is_let_in(api: Api) -> None:
    client = api.client()
    answer = ADA.answer((await ADA.challenge(client))["message"])
    responses = await asyncio.gather(*(client.post("/api/wallet/connect", json=answer) for _ in range(8)))
    assert sorted(response.status_code for response in responses) == [200, *[401] * 7]


async def test_an_expired_challenge_is_refused(api: Api) -> None:
    client = api.client()
    asked = await ADA.challenge(client)
    async with api.database.transaction() as session:
        await session.execute(text("update wallet_challenges set expires_at = now()"))
    assert await refusal_of(client, ADA.answer(asked["message"])) == "expired"


async def test_a_signature_for_another_domain_is_refused(api: Api, serve_settings: ServeSettings) -> None:
    other = create_app(replace(serve_settings, public_url="https://qubix.example"))
    async with other.router.lifespan_context(other):
        transport = httpx.ASGITransport(app=other, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as elsewhere:
            asked = await ADA.challenge(elsewhere)
    assert asked["domain"] == "qubix.example"
    client = api.client()
    assert await refusal_of(client, ADA.answer(asked["message"])) == "foreign_domain"
    assert await refusal_of(client, ADA.answer(asked["message"], message=None)) == "foreign_domain"


async def test_a_page_of_another_domain_is_refused(api: Api) -> None:
    client = api.client()
    answer = ADA.answer((await ADA.challenge(client))["message"])
    for origin in ("https://evil.example", "null", "https://127.0.0.1.evil.example:8000", "http://[broken"):
        assert await refusal_of(client, answer, Origin=origin) == "foreign_domain"
    here = {"Origin": "http://localhost:5173"}
    assert (await client.post("/api/wallet/connect", json=answer, headers=here)).status_code == 200


async def test_an_altered_message_is_refused(api: Api) -> None:
    client = api.client()
    asked = await ADA.challenge(client)
    assert await refusal_of(client, ADA.answer(asked["message"] + "\nAnd all my QU.")) == "altered_message"
    without_nonce = asked["message"].replace(asked["nonce"], "none")
    assert await refusal_of(client, ADA.answer(without_nonce)) == "unknown_challenge"
    invented = asked["message"].replace(asked["nonce"], "0" * 32)
    assert await refusal_of(client, ADA.answer(invented)) == "unknown_challenge"


async def test_a_challenge_is_for_its_own_address(api: Api) -> None:
    client = api.client()
    asked = await ADA.challenge(client)
    assert await refusal_of(client, EVE.answer(asked["message"])) == "other_address"
    assert await refusal_of(client, EVE.answer(asked["message"], message=None)) == "unknown_challenge"


async def test_a_malleable_signature_is_refused(api: Api) -> None:
    client = api.client()
    asked = await ADA.challenge(client)
    good = bytes.fromhex(ADA.sign(asked["message"]))
    scalar = int.from_bytes(good[32:], "little") + points.ORDER
    second = good[:32] + scalar.to_bytes(32, "little")
    assert await refusal_of(client, ADA.answer(asked["message"], signature=second.hex())) == "malleable"


async def test_forged_signatures_are_refused_and_leave_the_challenge_good(api: Api) -> None:
    client = api.client()
    asked = await ADA.challenge(client)
    good = ADA.sign(asked["message"])
    flipped = f"{int(good[:2], 16) ^ 1:02x}" + good[2:]
    for signature, reason in (
        (EVE.sign(asked["message"]), "forged"),
        (flipped, "forged"),
        (good[:-2], "malformed"),
        (good + "00", "malformed"),
        ("", "malformed"),
        ("no hexadecimal", "malformed"),
    ):
        assert await refusal_of(client, ADA.answer(asked["message"], signature=signature)) == reason
    assert (await client.post("/api/wallet/connect", json=ADA.answer(asked["message"]))).status_code == 200


@pytest.mark.parametrize("index", [0, 1, 4])
async def test_addresses_that_nobody_holds_cannot_sign_in(api: Api, index: int) -> None:
    address = identity.encode(index.to_bytes(32, "little"))
    refused = await api.client().post("/api/wallet/challenge", json={"qubicAddress": address})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_identity")
    signature = "00" * 64
    assert await refusal_of(api.client(), {"qubicAddress": address, "signature": signature}) == "not_a_wallet"


async def test_a_session_ends_when_it_is_revoked_or_has_expired(api: Api) -> None:
    first = api.client((await ADA.connect(api.client()))["session"]["token"])
    second = api.client((await ADA.connect(api.client()))["session"]["token"])
    listed = (await first.get("/api/users/me/sessions")).json()
    assert [session["revokedAt"] for session in listed] == [None, None]
    assert "token" not in listed[0]
    assert (await first.delete(f"/api/users/me/sessions/{listed[1]['id']}")).json()["revokedAt"] is not None
    assert (await second.get("/api/users/me")).status_code == 401
    assert (await first.get("/api/users/me")).status_code == 200
    async with api.database.transaction() as session:
        await session.execute(text("update wallet_sessions set expires_at = now()"))
    assert (await first.get("/api/users/me")).json()["error"]["code"] == "unknown_token"


async def test_nobody_ends_somebody_elses_session(api: Api) -> None:
    connected = await ADA.connect(api.client())
    eve = api.client((await EVE.connect(api.client()))["session"]["token"])
    refused = await eve.delete(f"/api/users/me/sessions/{connected['session']['id']}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "session_not_found")
    assert (await api.client(connected["session"]["token"]).get("/api/users/me")).status_code == 200


async def test_a_wallet_is_joined_to_the_account_that_signs_in_with_it(api: Api) -> None:
    ana = await api.user("ana")
    connected = await ADA.connect(ana, join=True)
    assert connected["user"]["username"] == "ana"
    assert connected["balance"] == 1_000_000
    assert (await ADA.connect(api.client()))["user"]["username"] == "ana"
    assert (await ADA.connect(ana, join=True))["user"]["username"] == "ana"
    bob = await api.user("bob")
    for client, wallet in ((bob, ADA), (ana, EVE)):
        asked = await wallet.challenge(client)
        refused = await client.post("/api/wallet/connect", json=wallet.answer(asked["message"], join=True))
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wallet_taken")
    asked = await EVE.challenge(ana)
    for client in (api.client(), api.client("qbx_ses_nobody")):
        refused = await client.post("/api/wallet/connect", json=EVE.answer(asked["message"], join=True))
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "unknown_token")
    assert (await EVE.connect(ana))["user"]["username"] is None, "without being asked to, nothing is joined"


async def test_who_signs_out_is_out(api: Api) -> None:
    client = api.client((await ADA.connect(api.client()))["session"]["token"])
    assert (await client.delete("/api/wallet/session")).json()["revokedAt"] is not None
    assert (await client.get("/api/users/me")).status_code == 401
    ana = await api.user("ana")
    refused = await ana.delete("/api/wallet/session")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")


async def test_the_balance_is_its_holders_to_see(api: Api) -> None:
    ana, bob, boss = await api.user("ana"), await api.user("bob"), await api.user("boss", is_operator=True)
    await ADA.connect(ana, join=True)
    path = f"/api/wallet/{ADA.address}/balance"
    seen = (await ana.get(path)).json()
    assert seen == {
        "qubicAddress": ADA.address,
        "onChain": None,
        "onChainTick": None,
        "onChainReason": "this platform is not connected to a chain",
        "available": 1_000_000,
        "held": 0,
        "pendingEarnings": 0,
        "pendingDeposits": 0,
        "pendingWithdrawals": 0,
        "paymentsStopped": None,
    }
    assert (await boss.get(path)).json() == seen
    refused = await bob.get(path)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "other_wallet")
    assert (await ana.get(f"/api/wallet/{EVE.address}/balance")).status_code == 403
    assert (await boss.get(f"/api/wallet/{EVE.address}/balance")).json()["available"] == 0
    assert (await api.client().get(path)).status_code == 401
