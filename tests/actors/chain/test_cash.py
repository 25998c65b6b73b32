"""Deposits and withdrawals, on a devnet that behaves."""

from dataclasses import replace

from qubix.qubic import identity, keys
from qubix.qubic.fourq import multiples, points
from qubix.qubic.hashing import k12
from qubix.qubic.transaction import Transaction
from qubix.schemas.states import TransactionType
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.chain.watching import repository as watching
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting
from qubix_platform.qubic import send_many
from qubix_platform.qubic.rpc import QubicRpc
from tests.actors.chain.bank import FAST, Bank, Customer


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
    customer = await bank.depositor(number=1, amount=500_000)
    payee = await bank.customer()

    asked = await bank.withdraw(customer, 200_000, to=payee.wallet.identity)

    assert asked.status == "QUEUED"
    assert await bank.wallet(customer) == 300_000
    done = await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    assert await bank.chain_balance(payee.wallet.identity) == 200_000
    assert done.hash
    assert done.tries >= 1
    await bank.until_agreed()
    assert (await bank.verification()).passed


async def test_deposits_are_swept_to_the_hot_wallet_and_its_surplus_to_the_treasury(bank: Bank) -> None:
    await bank.open(hot_limit=300_000)
    customer = await bank.customer(number=2)

    await bank.pay(customer.wallet, customer.deposit_address, 1_000_000)

    hot = bank.ring.keys(AddressPurpose.HOT, 0).identity
    treasury = bank.ring.keys(AddressPurpose.TREASURY, 0).identity

    async def is_swept() -> bool:
        return (await bank.chain_balance(hot), await bank.chain_balance(treasury)) == (300_000, 700_000)

    await bank.until(is_swept)
    await bank.until_agreed()


async def test_what_the_hot_wallet_lacks_for_a_withdrawal_comes_back_from_a_treasury_of_ours(bank: Bank) -> None:
    await bank.open(hot_limit=0)
    customer = await bank.depositor(number=3, amount=1_000_000)
    await bank.until_settled()

    asked = await bank.withdraw(customer, 999_999)

    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    await bank.until_agreed()


async def test_a_withdrawal_that_waits_for_the_hot_wallet_says_so_once_and_is_paid_later(bank: Bank) -> None:
    treasury = keys.derive("t" * 55).identity
    await bank.open(hot_limit=0, treasury=treasury)
    hot = bank.ring.keys(AddressPurpose.HOT, 0).identity
    customer = await bank.depositor(number=11, amount=1_000)
    payee = await bank.customer()

    async def is_away() -> bool:
        return await bank.chain_balance(treasury) == 1_000

    await bank.until(is_away)
    await bank.until_settled()

    asked = await bank.withdraw(customer, 400, to=payee.wallet.identity)

    async def waits() -> bool:
        return "wallet on the chain" in ((await bank.withdrawal(customer, asked.id)).reason or "")

    await bank.until(waits)
    assert (await bank.withdrawal(customer, asked.id)).status == "QUEUED"
    await bank.pay(bank.devnet.developer(12), hot, 400)
    done = await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    assert done.reason is None
    assert await bank.chain_balance(payee.wallet.identity) == 400
    late = [event["error"] for event in await bank.events(customer.user_id, "WITHDRAWAL_UPDATE") if event["isLate"]]
    assert len(late) == 1
    await bank.until_agreed()


async def test_two_equal_withdrawals_are_two_payments(bank: Bank) -> None:
    await bank.open()
    customer = await bank.depositor(number=4, amount=1_000)
    payee = await bank.customer()
    await bank.until_settled()

    asked = [await bank.withdraw(customer, 100, to=payee.wallet.identity) for _ in range(3)]

    for one in asked:
        await bank.until_withdrawn(customer, one.id, "CONFIRMED")
    assert await bank.chain_balance(payee.wallet.identity) == 300


async def test_a_withdrawal_to_a_deposit_address_of_another_user_is_credited_to_them(bank: Bank) -> None:
    await bank.open()
    customer = await bank.depositor(number=5, amount=5_000)
    other = await bank.customer()

    asked = await bank.withdraw(customer, 2_000, to=other.deposit_address)

    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    await bank.until_wallet(other, 2_000)
    await bank.until_agreed()


async def test_one_payment_signed_twice_runs_twice_and_is_credited_twice(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=6)
    tick = await bank.tick() + 40
    signed = [transfer(customer, amount=1_000, tick=tick, nonce=nonce) for nonce in (b"one", b"two")]
    assert signed[0].digest() == signed[1].digest()
    assert signed[0].id() != signed[1].id()

    async with QubicRpc(bank.devnet.url, policy=FAST) as network:
        for one in signed:
            await network.broadcast(one.encode())

    await bank.until_wallet(customer, 2_000)
    await bank.until_agreed()


async def test_reading_the_ticks_again_credits_nothing_again(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=7)
    begun = await bank.tick()
    await bank.pay(customer.wallet, customer.deposit_address, 1_000)
    await bank.until_wallet(customer, 1_000)

    async with bank.database.transaction() as session:
        await watching.rewind(session, begun)

    await bank.until_settled()
    assert await bank.wallet(customer) == 1_000
    assert await bank.differences() == {}


async def test_each_payment_of_a_send_many_is_a_deposit(bank: Bank) -> None:
    await bank.open()
    customer, other = await bank.customer(number=8), await bank.customer()
    payments = [
        send_many.Payment(identity.decode(one.deposit_address), amount)
        for one, amount in ((customer, 100), (other, 200), (customer, 1))
    ]
    made = send_many.transaction(
        source=customer.wallet.public_key, payments=payments, tick=await bank.tick() + 40
    ).signed(subseed=customer.wallet.subseed)

    async with QubicRpc(bank.devnet.url, policy=FAST) as network:
        await network.broadcast(made.encode())

    await bank.until_wallet(customer, 101)
    await bank.until_wallet(other, 200)
    await bank.until_agreed()


async def test_what_leaves_our_addresses_without_an_order_stops_all_payments_and_is_named(bank: Bank) -> None:
    await bank.open()
    customer = await bank.depositor(number=9, amount=1_000_000)
    await bank.until_swept(1_000_000)

    stolen = await bank.pay(bank.ring.keys(AddressPurpose.HOT, 0), customer.wallet.identity, 5_000)

    async def is_stopped() -> bool:
        return await bank.halt() is not None

    await bank.until(is_stopped)
    async with bank.database.transaction() as session:
        stopped = await watching.halted(session)
    assert stopped is not None
    assert stolen in stopped.transactions
    asked = await bank.withdraw(customer, 10)
    await bank.pass_tick(await bank.tick() + 30)
    assert (await bank.withdrawal(customer, asked.id)).status == "QUEUED"


async def test_an_entry_in_the_books_that_no_transaction_explains_stops_all_payments(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=10)
    async with bank.database.transaction() as session:
        legs = (
            Leg(Account.chain(ChainPlace.HOT), -5, LegCause.DEPOSIT),
            Leg(Account.wallet(customer.user_id), 5, LegCause.DEPOSIT),
        )
        await ledger.post(session, Posting("deposit:made-up", TransactionType.DEPOSIT, "made-up", legs))

    async def is_stopped() -> bool:
        return "chain(hot)" in (await bank.halt() or "")

    await bank.until(is_stopped)


def transfer(customer: Customer, *, amount: int, tick: int, nonce: bytes) -> Transaction:
    """A deposit that is signed with a nonce of the payer's choice, as a wallet of their own making can."""
    unsigned = Transaction(
        source=customer.wallet.public_key,
        destination=identity.decode(customer.deposit_address),
        amount=amount,
        tick=tick,
    )
    secret, public_key = k12(customer.wallet.subseed, 64), customer.wallet.public_key
    chosen = int.from_bytes(k12(nonce), "little")
    commitment = points.encode(multiples.of_generator(chosen))
    challenge = int.from_bytes(k12(commitment + public_key + unsigned.digest()), "little")
    response = (chosen - int.from_bytes(secret[:32], "little") * challenge) % points.ORDER
    return replace(unsigned, signature=commitment + response.to_bytes(32, "little"))
