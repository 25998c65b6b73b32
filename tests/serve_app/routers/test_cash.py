"""Deposits, withdrawals and escrows over HTTP."""

import base64
from dataclasses import replace

import pytest
from sqlalchemy import text

from qubix.qubic import keys
from qubix.qubic.transaction import Transaction
from qubix_platform.chain.addresses.service import fill_pool
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.chain.watching import repository as watching
from tests.serve_app.conftest import Api

WALLET = keys.derive("w" * 55)
STRANGER = keys.derive("s" * 55)
TICK = 5_000


@pytest.fixture
async def chain_api(api: Api) -> Api:
    """A platform whose chain's process derived addresses and heard the chain a moment ago."""
    async with api.database.transaction() as session:
        await fill_pool(session, KeyRing.from_seed("k" * 55), treasury=None, size=3)
        await watching.begin(session, TICK)
    return api


async def connect_wallet(api: Api, name: str) -> None:
    async with api.database.transaction() as session:
        statement = text("update users set qubic_address = :address where username = :name")
        await session.execute(statement, {"address": WALLET.identity, "name": name})


async def test_each_user_has_one_deposit_address_of_their_own(chain_api: Api) -> None:
    ada, bob = await chain_api.user("ada"), await chain_api.user("bob")
    first = (await ada.post("/api/wallet/deposit-address")).json()
    assert len(first["address"]) == 60
    assert first["confirmationsNeeded"] == 3
    assert (await ada.post("/api/wallet/deposit-address")).json() == first
    assert (await bob.post("/api/wallet/deposit-address")).json() != first
    assert (await ada.get("/api/wallet/deposits")).json() == []


async def test_without_a_chain_there_is_no_address_to_give(api: Api) -> None:
    response = await (await api.user("ada")).post("/api/wallet/deposit-address")
    assert response.status_code == 503
    assert response.json()["error"]["code"] == "no_address_free"


async def test_a_withdrawal_holds_the_money_and_is_listed(chain_api: Api) -> None:
    ada = await chain_api.user("ada", balance=1_000)
    wanted = {"address": WALLET.identity, "amount": 400}
    made = await ada.post("/api/wallet/withdraw", json=wanted, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    assert made.json()["status"] == "QUEUED"
    again = await ada.post("/api/wallet/withdraw", json=wanted, headers={"Idempotency-Key": "one"})
    assert again.json()["id"] == made.json()["id"]
    other = await ada.post("/api/wallet/withdraw", json=wanted | {"amount": 1}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 409
    assert (await ada.get("/api/users/me")).json()["balance"] == 600
    assert [one["amount"] for one in (await ada.get("/api/wallet/withdrawals")).json()] == [400]
    shown = await ada.get(f"/api/wallet/withdrawals/{made.json()['id']}")
    assert shown.json()["address"] == WALLET.identity
    assert [step["status"] for step in shown.json()["steps"]] == ["QUEUED"]
    bob = await chain_api.user("bob")
    assert (await bob.get(f"/api/wallet/withdrawals/{made.json()['id']}")).status_code == 404


async def test_a_withdrawal_that_cannot_be_says_why(chain_api: Api) -> None:
    ada = await chain_api.user("ada", balance=100)
    too_much = await ada.post("/api/wallet/withdraw", json={"address": WALLET.identity, "amount": 101})
    assert too_much.status_code == 402
    nobody = await ada.post("/api/wallet/withdraw", json={"address": "A" * 60, "amount": 1})
    assert nobody.status_code == 422
    hot = KeyRing.from_seed("k" * 55).keys(AddressPurpose.HOT, 0).identity
    ours = await ada.post("/api/wallet/withdraw", json={"address": hot, "amount": 1})
    assert ours.json()["error"]["code"] == "address_of_the_platform"
    assert (await ada.get("/api/users/me")).json()["balance"] == 100


async def test_an_escrow_from_the_balance_is_locked_at_once_and_refunded_once(chain_api: Api) -> None:
    ada = await chain_api.user("ada", balance=1_000)
    locked = (await ada.post("/api/qubic/escrow/lock", json={"amount": 300})).json()
    assert (locked["status"], locked["address"]) == ("LOCKED", None)
    me = (await ada.get("/api/users/me")).json()
    assert (me["balance"], me["held"]) == (700, 300)
    held = await ada.get("/api/wallet/holds")
    assert held.headers["X-Total-Count"] == "1"
    assert [(one["kind"], one["id"], one["amount"]) for one in held.json()] == [("escrow", locked["escrowId"], 300)]
    ref = {"escrowId": locked["escrowId"]}
    early = await ada.post("/api/qubic/escrow/release", json=ref)
    assert early.status_code == 409
    for _ in range(2):
        assert (await ada.post("/api/qubic/escrow/refund", json=ref)).json()["status"] == "REFUNDED"
    assert (await ada.get("/api/users/me")).json()["balance"] == 1_000


async def test_a_transfer_is_signed_by_the_wallet_and_relayed(chain_api: Api) -> None:
    ada = await chain_api.user("ada")
    without = await ada.post("/api/qubic/escrow/lock", json={"amount": 300, "source": "transfer"})
    assert without.json()["error"]["code"] == "wallet_not_connected"
    await connect_wallet(chain_api, "ada")
    escrow = (await ada.post("/api/qubic/escrow/lock", json={"amount": 300, "source": "transfer"})).json()
    assert escrow["status"] == "AWAITING"
    wanted = escrow["unsignedTransaction"]
    unsigned = Transaction.decode_unsigned(base64.b64decode(wanted["encoded"]))
    assert unsigned.digest().hex() == wanted["digest"]
    assert (unsigned.amount, unsigned.source) == (300, WALLET.public_key)
    assert unsigned.tick > TICK
    url = f"/api/qubic/escrow/{escrow['escrowId']}/transaction"
    forged = unsigned.signed(subseed=STRANGER.subseed)
    refused = await ada.post(url, json={"encoded": base64.b64encode(forged.encode()).decode()})
    assert refused.json()["error"]["code"] == "signed_transaction_refused"
    signed = unsigned.signed(subseed=WALLET.subseed)
    for _ in range(2):
        relayed = await ada.post(url, json={"encoded": base64.b64encode(signed.encode()).decode()})
        assert relayed.status_code == 202, relayed.text
        assert [(one["status"], one["hash"]) for one in relayed.json()["payments"]] == [("SIGNED", signed.id())]


async def test_awaited_payments_and_relayed_transfers_are_bounded(chain_api: Api) -> None:
    async with chain_api.database.transaction() as session:
        await fill_pool(session, KeyRing.from_seed("k" * 55), treasury=None, size=25)
    ada = await chain_api.user("ada")
    await connect_wallet(chain_api, "ada")
    wanted = {"amount": 300, "source": "transfer"}
    made = [await ada.post("/api/qubic/escrow/lock", json=wanted) for _ in range(21)]
    assert [one.status_code for one in made] == [201] * 20 + [429]
    escrow = made[0].json()
    unsigned = Transaction.decode_unsigned(base64.b64decode(escrow["unsignedTransaction"]["encoded"]))
    answers = []
    for later in (0, 1, 2, 3, 1_000):
        signed = replace(unsigned, tick=unsigned.tick + later).signed(subseed=WALLET.subseed)
        body = {"encoded": base64.b64encode(signed.encode()).decode()}
        answers.append((await ada.post(f"/api/qubic/escrow/{escrow['escrowId']}/transaction", json=body)).status_code)
    assert answers == [202, 202, 202, 422, 422]
