"""Escrows by transfer: every way of paying has its end, and none loses a QU."""

import base64
from uuid import uuid4

import pytest

from qubix.qubic.transaction import Transaction
from qubix.schemas.states import TransactionType
from qubix_platform.chain.escrows import payments, service
from qubix_platform.chain.escrows.errors import EscrowNotUsable, EscrowTooSmall
from qubix_platform.chain.escrows.model import Escrow
from qubix_platform.chain.escrows.releases import settled
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from tests.actors.chain.bank import Bank, Customer

AMOUNT = 100_000


async def address_of(bank: Bank, escrow: Escrow) -> str:
    async with bank.database.transaction() as session:
        shown = await payments.view(session, escrow)
    assert shown.address is not None
    return shown.address


async def finish_job(
    bank: Bank, customer: Customer, escrow: Escrow, provider: Customer, *, charged: int, fee: int
) -> None:
    """What the end of a job posts: the settlement to the wallets, and right after it what the chain is to do."""
    refund = escrow.amount - charged
    legs = [Leg(Account.escrow(escrow.id), -escrow.amount, LegCause.ESCROW_RELEASE)]
    legs += [
        Leg(account, amount, cause)
        for account, amount, cause in (
            (Account.wallet(provider.user_id), charged - fee, LegCause.EARNING),
            (Account.fees(), fee, LegCause.FEE),
            (Account.wallet(customer.user_id), refund, LegCause.REFUND),
        )
        if amount
    ]
    async with bank.database.transaction() as session:
        posting = Posting(f"settle:{escrow.id}", TransactionType.ESCROW_RELEASE, str(escrow.id), tuple(legs))
        await ledger.post(session, posting)
        for _ in range(2):  # once is twice
            await settled(
                session,
                escrow_id=escrow.id,
                provider_user_id=provider.user_id,
                provider_amount=charged - fee,
                refund=refund,
            )


async def use(bank: Bank, customer: Customer, escrow: Escrow, *, amount: int = AMOUNT) -> None:
    async with bank.database.transaction() as session:
        await service.attach(session, escrow_id=escrow.id, user_id=customer.user_id, job_id=uuid4(), amount=amount)


async def test_it_is_locked_by_three_confirmations_of_a_transfer_that_the_wallet_signed(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=0)
    escrow = await bank.lock(customer, AMOUNT)
    async with bank.database.transaction() as session:
        shown = await payments.view(session, escrow)
        assert shown.unsigned_transaction is not None
        unsigned = Transaction.decode_unsigned(base64.b64decode(shown.unsigned_transaction.encoded))
        signed = unsigned.signed(subseed=customer.wallet.subseed)
        for _ in range(2):  # the same transaction again is the same payment
            await payments.relay(session, user_id=customer.user_id, escrow_id=escrow.id, signed=signed)

    locked = await bank.until_escrow(customer, escrow.id, "LOCKED")

    assert locked.paid == AMOUNT
    assert await bank.balance(Account.escrow(escrow.id)) == AMOUNT
    told = [e["confirmations"] for e in await bank.events(customer.user_id, "ESCROW_PROGRESS") if "confirmations" in e]
    assert (told[0], told[-1]) == (0, 3)


async def test_release_pays_provider_refund_and_fee_in_one_transaction(bank: Bank) -> None:
    await bank.open()
    customer, provider = await bank.customer(number=1), await bank.customer()
    escrow = await bank.lock(customer, AMOUNT)
    await bank.pay(customer.wallet, await address_of(bank, escrow), AMOUNT)
    escrow = await bank.until_escrow(customer, escrow.id, "LOCKED")
    before = await bank.chain_balance(customer.wallet.identity)
    await use(bank, customer, escrow)

    await finish_job(bank, customer, escrow, provider, charged=60_000, fee=3_000)

    await bank.until_escrow(customer, escrow.id, "RELEASED")
    assert await bank.chain_balance(provider.wallet.identity) == 57_000
    assert await bank.chain_balance(customer.wallet.identity) == before + 40_000
    paid = [one for one in await bank.of_ref(escrow.id) if one.purpose == "PAYOUT"]
    assert [(one.network_fee, len(one.outlays)) for one in paid] == [(10, 3)]
    assert await bank.balance(Account.payout(escrow.id)) == 0
    assert await bank.balance(Account.costs()) == -10
    await bank.until_agreed()
    assert await bank.wallet(customer) == await bank.wallet(provider) == 0
    for user, amount in ((customer, 40_000), (provider, 57_000)):
        told = [event["change"] for event in await bank.events(user.user_id, "BALANCE_CHANGED")]
        assert told == [-amount], "it went on to the chain"


async def test_a_fee_too_small_for_the_network_is_spared_it(bank: Bank) -> None:
    await bank.open()
    customer, provider = await bank.customer(number=2), await bank.customer()
    escrow = await bank.lock(customer, 100)
    await bank.pay(customer.wallet, await address_of(bank, escrow), 100)
    escrow = await bank.until_escrow(customer, escrow.id, "LOCKED")
    await use(bank, customer, escrow, amount=100)

    await finish_job(bank, customer, escrow, provider, charged=60, fee=3)

    await bank.until_escrow(customer, escrow.id, "RELEASED")
    assert await bank.chain_balance(provider.wallet.identity) == 57
    assert await bank.balance(Account.costs()) == 0
    await bank.until_agreed()


async def test_too_little_waits_for_the_rest_and_then_goes_back(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=3)
    before = await bank.chain_balance(customer.wallet.identity)
    escrow = await bank.lock(customer, AMOUNT)
    await bank.pay(customer.wallet, await address_of(bank, escrow), AMOUNT - 1)

    async def is_counted() -> bool:
        return (await bank.escrow(customer, escrow.id)).paid == AMOUNT - 1

    await bank.until(is_counted)
    with pytest.raises(EscrowNotUsable):
        await use(bank, customer, escrow)
    await bank.waiting.set("update escrows set expires_at = now() - interval '1 second' where id = :id", id=escrow.id)

    await bank.until_escrow(customer, escrow.id, "REFUNDED")
    assert await bank.chain_balance(customer.wallet.identity) == before
    await bank.until_agreed()


async def test_twice_too_late_and_from_another_address_go_back_to_where_they_came_from(bank: Bank) -> None:
    await bank.open()
    customer, stranger = await bank.customer(number=4), await bank.customer(number=5)
    had = [await bank.chain_balance(one.wallet.identity) for one in (customer, stranger)]
    escrow = await bank.lock(customer, AMOUNT)
    address = await address_of(bank, escrow)
    await bank.pay(stranger.wallet, address, AMOUNT)
    await bank.until_settled()
    assert (await bank.escrow(customer, escrow.id)).status == "AWAITING"
    await bank.pay(customer.wallet, address, AMOUNT + 7)
    await bank.until_escrow(customer, escrow.id, "LOCKED")
    await bank.pay(customer.wallet, address, AMOUNT)
    await bank.until_settled()
    assert await bank.balance(Account.escrow(escrow.id)) == AMOUNT

    async with bank.database.transaction() as session:
        for _ in range(2):  # once is twice
            await service.refund(session, user_id=customer.user_id, escrow_id=escrow.id)
    await bank.until_escrow(customer, escrow.id, "REFUNDED")
    await bank.pay(customer.wallet, address, 5)  # too late
    await bank.until_settled()

    assert [await bank.chain_balance(one.wallet.identity) for one in (customer, stranger)] == had
    assert await bank.differences() == {}
    assert (await bank.verification()).passed


async def test_from_the_balance_it_is_locked_at_once(bank: Bank) -> None:
    await bank.open()
    customer = await bank.customer(number=6)
    await bank.pay(customer.wallet, customer.deposit_address, AMOUNT)
    await bank.until_wallet(customer, AMOUNT)

    escrow = await bank.lock(customer, 60_000, source="balance")

    assert escrow.status == "LOCKED"
    assert await bank.wallet(customer) == 40_000
    with pytest.raises(EscrowTooSmall):
        await use(bank, customer, escrow)
    async with bank.database.transaction() as session:
        refunded = await service.refund(session, user_id=customer.user_id, escrow_id=escrow.id)
    assert refunded.status == "REFUNDED"
    assert await bank.wallet(customer) == AMOUNT
