"""What an operator resolves by hand: each is a posting, and none can be paid twice."""

import pytest

from qubix_platform.chain.errors import TransactionNotResolvable
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.chain.resolution import service
from qubix_platform.chain.watching import repository as watching
from qubix_platform.ledger.model import Account
from tests.actors.chain.bank import Bank, Customer

HAD = 1_000_000


async def rich_customer(bank: Bank, number: int) -> Customer:
    customer = await bank.customer(number=number)
    await bank.pay(customer.wallet, customer.deposit_address, HAD)
    await bank.until_wallet(customer, HAD)
    await bank.until_swept(HAD)
    return customer


async def stopped_customer(bank: Bank, number: int) -> Customer:
    """With payments stopped, so that what they withdraw stays queued."""
    customer = await rich_customer(bank, number)
    async with bank.database.transaction() as session:
        await watching.halt(session, reason="for the test", transactions=[])
    return customer


async def test_a_queued_withdrawal_goes_back_to_its_user_with_the_reason(bank: Bank) -> None:
    await bank.open()
    customer = await stopped_customer(bank, 0)
    asked = await bank.withdraw(customer, 400_000)
    (queued,) = await bank.of_ref(asked.id)

    async with bank.database.transaction() as session:
        await service.give_back(session, queued.id, reason="the address is on a list")

    shown = await bank.withdrawal(customer, asked.id)
    assert shown.status == "RETURNED"
    assert shown.reason is not None
    assert "the address is on a list" in shown.reason
    assert await bank.wallet(customer) == HAD
    async with bank.database.transaction() as session:
        with pytest.raises(TransactionNotResolvable, match="FAILED"):
            await service.give_back(session, queued.id, reason="again")


async def test_what_may_still_be_executed_cannot_be_resolved(bank: Bank) -> None:
    await bank.open()
    customer = await rich_customer(bank, 1)
    await bank.ask(lambda: bank.devnet.plan(archiveLag=500))
    asked = await bank.withdraw(customer, 400_000)
    await bank.until_withdrawn(customer, asked.id, "SENT")
    (sent,) = await bank.of_ref(asked.id)

    async with bank.database.transaction() as session:
        with pytest.raises(TransactionNotResolvable, match="may still be executed"):
            await service.give_back(session, sent.id, reason="it takes long")

    await bank.ask(bank.devnet.plan)
    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")


async def test_a_payment_made_by_hand_is_adopted_and_not_made_again(bank: Bank) -> None:
    await bank.open()
    customer = await stopped_customer(bank, 2)
    payee = await bank.customer()
    asked = await bank.withdraw(customer, 400_000, to=payee.wallet.identity)
    (queued,) = await bank.of_ref(asked.id)
    by_hand = await bank.pay(bank.ring.keys(AddressPurpose.HOT, 0), payee.wallet.identity, 400_000)
    await bank.until_settled_but_queued()
    (seen,) = await bank.of_ref(by_hand)

    async with bank.database.transaction() as session:
        await service.adopt(session, seen.id, reason="paid while we were down", pays=queued.id)
    async with bank.database.transaction() as session:
        with pytest.raises(TransactionNotResolvable):
            await service.adopt(session, seen.id, reason="again")
        await watching.resume(session, reason="adopted")

    assert (await bank.withdrawal(customer, asked.id)).hash == by_hand
    assert (await bank.withdrawal(customer, asked.id)).status == "CONFIRMED"
    assert await bank.balance(Account.withdrawal(asked.id)) == 0
    await bank.until_settled()
    assert await bank.chain_balance(payee.wallet.identity) == 400_000
    assert await bank.differences() == {}
    assert (await bank.verification()).passed


async def test_what_was_lost_is_borne_by_the_platform_and_payments_go_on(bank: Bank) -> None:
    await bank.open()
    customer = await rich_customer(bank, 3)
    stolen = await bank.pay(bank.ring.keys(AddressPurpose.HOT, 0), customer.wallet.identity, 5_000)

    async def is_stopped() -> bool:
        return await bank.halt() is not None

    await bank.until(is_stopped)
    (seen,) = await bank.of_ref(stolen)
    async with bank.database.transaction() as session:
        await service.adopt(session, seen.id, reason="the key was stolen, and is changed")
        await watching.resume(session, reason="adopted")

    assert await bank.balance(Account.costs()) == -5_000
    asked = await bank.withdraw(customer, 10)
    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    assert await bank.halt() is None
    await bank.until_agreed()
