"""Deposits and withdrawals, on a devnet that behaves."""

from qubix_platform.chain.model import AddressPurpose
from tests.actors.chain.bank import Bank


async def test_a_deposit_is_credited_with_its_third_confirmation_and_told_on_the_way(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=0)

    await bank.pay(customer.wallet, customer.deposit_address, 1_000_000)

    await bank.until_wallet(customer, 1_000_000)
    told = [event["confirmations"] for event in await bank.events(customer.user_id, "DEPOSIT_PROGRESS")]
    assert told[0] == 0
    assert told[-1] == 3
    assert told == sorted(told)
    assert [event["change"] for event in await bank.events(customer.user_id, "BALANCE_CHANGED")] == [1_000_000]


async def test_a_withdrawal_is_held_sent_confirmed_and_posted(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=1)
    payee = await bank.customer()
    await bank.pay(customer.wallet, customer.deposit_address, 500_000)
    await bank.until_wallet(customer, 500_000)

    asked = await bank.withdraw(customer, 200_000, to=payee.wallet.identity)

    assert asked.status == "QUEUED"
    assert await bank.wallet(customer) == 300_000
    done = await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    assert await bank.chain_balance(payee.wallet.identity) == 200_000
    assert done.hash
    assert done.tries == 1
    await bank.until_settled()
    assert await bank.differences() == {}
    assert (await bank.verification()).passed


async def test_deposits_are_swept_to_the_hot_wallet_and_its_surplus_to_the_treasury(bank: Bank) -> None:
    await bank.open(hot_limit=300_000)
    customer = await bank.customer(number=2)

    await bank.pay(customer.wallet, customer.deposit_address, 1_000_000)

    hot = bank.ring.keys(AddressPurpose.HOT, 0).identity
    treasury = bank.ring.keys(AddressPurpose.TREASURY, 0).identity

    async def is_swept() -> bool:
        return (await bank.chain_balance(hot), await bank.chain_balance(treasury)) == (300_000, 700_000)

    await bank.waiting.until(is_swept)
    await bank.until_settled()
    assert await bank.differences() == {}


async def test_what_the_hot_wallet_lacks_for_a_withdrawal_comes_back_from_a_treasury_of_ours(bank: Bank) -> None:
    await bank.open(hot_limit=0)
    customer = await bank.customer(number=3)
    await bank.pay(customer.wallet, customer.deposit_address, 1_000_000)
    await bank.until_wallet(customer, 1_000_000)
    await bank.until_settled()

    asked = await bank.withdraw(customer, 999_999)

    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    await bank.until_settled()
    assert await bank.differences() == {}


async def test_two_equal_withdrawals_are_two_payments(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=4)
    payee = await bank.customer()
    await bank.pay(customer.wallet, customer.deposit_address, 1_000)
    await bank.until_wallet(customer, 1_000)
    await bank.until_settled()

    asked = [await bank.withdraw(customer, 100, to=payee.wallet.identity) for _ in range(3)]

    for one in asked:
        await bank.until_withdrawn(customer, one.id, "CONFIRMED")
    assert await bank.chain_balance(payee.wallet.identity) == 300


async def test_a_withdrawal_to_a_deposit_address_of_another_user_is_credited_to_them(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=5)
    other = await bank.customer()
    await bank.pay(customer.wallet, customer.deposit_address, 5_000)
    await bank.until_wallet(customer, 5_000)

    asked = await bank.withdraw(customer, 2_000, to=other.deposit_address)

    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    await bank.until_wallet(other, 2_000)
    await bank.until_settled()
    assert await bank.differences() == {}
