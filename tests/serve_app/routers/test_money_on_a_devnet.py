"""A wallet's whole dealings over HTTP, with a real devnet and the chain's process behind the API."""

import base64
from typing import Any

import httpx
import pytest

from qubix.qubic import identity
from qubix.qubic.transaction import Transaction
from tests.actors.chain.bank import Bank
from tests.actors.chain.conftest import bank
from tests.serve_app.conftest import Api
from tests.serve_app.wallets import TestWallet

__all__ = ["bank"]

CONTRACT = identity.encode((4).to_bytes(32, "little"))
NOBODY = identity.encode(bytes(32))


async def ok(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> Any:
    response = await (client.get(path) if body is None else client.post(path, json=body))
    assert response.is_success, response.text
    return response.json()


async def refusal(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> tuple[str, str]:
    response = await client.post(path, json=body)
    error = response.json()["error"]
    assert response.is_client_error, response.text
    return error["code"], error["message"]


@pytest.mark.proof
async def test_a_wallet_deposits_locks_in_parts_and_withdraws(api: Api, bank: Bank) -> None:
    await bank.open()
    wallet, stranger = TestWallet(bank.devnet.developer(9)), TestWallet(bank.devnet.developer(10))
    connected = await wallet.connect(api.client())
    me = api.client(connected["session"]["token"])

    address = (await ok(me, "/api/wallet/deposit-address", {}))["address"]
    await bank.pay(wallet.keys, address, 0)
    await bank.pay(wallet.keys, address, 1_000)

    async def is_credited() -> bool:
        return bool((await ok(me, "/api/users/me"))["balance"] == 1_000)

    await bank.until(is_credited)
    assert [(one["amount"], one["credited"]) for one in await ok(me, "/api/wallet/deposits")] == [(1_000, True)]

    code, message = await refusal(me, "/api/qubic/escrow/lock", {"amount": 0, "source": "transfer"})
    assert (code, "greater than 0" in message) == ("invalid_request", True)
    escrow = await ok(me, "/api/qubic/escrow/lock", {"amount": 600, "source": "transfer"})
    place = f"/api/qubic/escrow/{escrow['escrowId']}"

    def signed(shown: dict[str, Any], by: TestWallet = wallet, **changes: Any) -> dict[str, str]:
        wanted = Transaction.decode_unsigned(base64.b64decode(shown["unsignedTransaction"]["encoded"]))
        made = Transaction(
            source=by.keys.public_key,
            destination=changes.get("destination", wanted.destination),
            amount=changes.get("amount", wanted.amount),
            tick=wanted.tick,
        )
        return {"encoded": base64.b64encode(made.signed(subseed=by.keys.subseed).encode()).decode()}

    for wrong, why in (
        (signed(escrow, by=stranger), "not a transfer from"),
        (signed(escrow, destination=stranger.keys.public_key), "not a transfer from"),
        (signed(escrow, amount=0), "not a plain transfer"),
        ({"encoded": "rubbish"}, "not a signed transaction"),
        ({"encoded": signed(escrow)["encoded"][:-8]}, "not a signed transaction"),
    ):
        code, message = await refusal(me, f"{place}/transaction", wrong)
        assert (code, why in message) == ("signed_transaction_refused", True), message

    async def pays(shown: dict[str, Any], paid: int, status: str, **changes: Any) -> dict[str, Any]:
        await ok(me, f"{place}/transaction", signed(shown, **changes))

        async def is_there() -> bool:
            found = await ok(me, place)
            return (found["paid"], found["status"]) == (paid, status)

        await bank.until(is_there)
        found: dict[str, Any] = await ok(me, place)
        return found

    partly = await pays(escrow, 599, "AWAITING", amount=599)
    assert partly["unsignedTransaction"]["amount"] == 1
    locked = await pays(partly, 600, "LOCKED")
    assert locked["unsignedTransaction"] is None
    code, message = await refusal(me, f"{place}/transaction", signed(partly))
    assert (code, "it is LOCKED" in message) == ("signed_transaction_refused", True)

    for nowhere, why in ((NOBODY, "null address"), (CONTRACT, "address of a contract"), (address[::-1], "checksum")):
        code, message = await refusal(me, "/api/wallet/withdraw", {"address": nowhere, "amount": 1})
        assert (code, why in message) == ("invalid_identity", True), message
    code, message = await refusal(me, "/api/wallet/withdraw", {"address": wallet.address, "amount": 1_001})
    assert (code, message.startswith("Withdrawing 1001 QU: ")) == ("insufficient_funds", True), message
    sent = await ok(me, "/api/wallet/withdraw", {"address": wallet.address, "amount": 400})

    async def is_confirmed() -> bool:
        return bool((await ok(me, f"/api/wallet/withdrawals/{sent['id']}"))["status"] == "CONFIRMED")

    await bank.until(is_confirmed)
    assert (await ok(me, "/api/users/me"))["balance"] == 600
    await bank.until_agreed()
    assert (await bank.verification()).passed
