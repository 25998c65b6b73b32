"""One fault at a time: what is lost is sent again and told, what stands still is waited for, what fails comes back."""

from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions import service
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.transactions.states import ChainStatus
from qubix_platform.ledger.model import Account
from tests.actors.chain.bank import Bank, Customer
from tests.actors.chain.test_escrows import AMOUNT, address_of, finish_job, use

HAD = 1_000_000


async def funded(bank: Bank, number: int) -> Customer:
    customer = await bank.depositor(number=number, amount=HAD)
    await bank.until_swept(HAD)
    return customer


async def find_out_that_it_could_not_be_paid(bank: Bank, transaction: Recorded) -> None:
    """What the sender does when the archive says that no money moved."""
    async with bank.database.transaction() as session:
        digest = transaction.id.bytes * 2
        await service.sign(session, transaction, tick=1, digest=digest, tx_hash="a" * 60, raw=b"signed")
        signed = await transactions.get(session, transaction.id)
        assert signed.status is ChainStatus.SIGNED
        await service.not_moved(session, signed)


async def test_after_three_losses_the_user_is_told_and_it_is_tried_again(bank: Bank) -> None:
    await bank.open()
    customer = await funded(bank, 0)
    payee = await bank.customer()
    await bank.ask(lambda: bank.devnet.plan(rates={"relayThenLose": 1.0}))

    asked = await bank.withdraw(customer, 400_000, to=payee.wallet.identity)

    late = await bank.until_withdrawn(customer, asked.id, "DELAYED")
    assert late.tries == 3
    await bank.ask(bank.devnet.plan)
    done = await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    assert done.tries >= 4
    told = await bank.events(customer.user_id, "WITHDRAWAL_UPDATE")
    assert any(event["isLate"] for event in told)
    assert told[-1]["status"] == "CONFIRMED"
    assert await bank.chain_balance(payee.wallet.identity) == 400_000


async def test_while_the_chain_stands_still_nothing_is_signed_again(bank: Bank) -> None:
    await bank.open()
    customer = await funded(bank, 1)
    payee = await bank.customer()
    await bank.ask(lambda: bank.devnet.plan(stopped=True))
    asked = await bank.withdraw(customer, 400_000, to=payee.wallet.identity)
    await bank.until_withdrawn(customer, asked.id, "SENT")

    for _ in range(3):  # another process finds what the first one signed
        await bank.close()
        await bank.open()
    assert (await bank.withdrawal(customer, asked.id)).tries == 1

    await bank.ask(bank.devnet.plan)
    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    assert await bank.chain_balance(payee.wallet.identity) == 400_000
    await bank.until_agreed()


async def test_a_withdrawal_that_could_not_be_paid_comes_back(bank: Bank) -> None:
    leader = await bank.open()
    customer = await funded(bank, 2)
    await bank.close(leader)
    asked = await bank.withdraw(customer, 400_000)
    (queued,) = await bank.of_ref(asked.id)

    await find_out_that_it_could_not_be_paid(bank, queued)

    assert (await bank.withdrawal(customer, asked.id)).status == "RETURNED"
    assert await bank.wallet(customer) == HAD
    assert (await bank.verification()).mismatches == ()


async def test_a_release_that_could_not_be_paid_is_paid_in_the_books(bank: Bank) -> None:
    leader = await bank.open()
    customer, provider = await bank.customer(number=3), await bank.customer()
    escrow = await bank.lock(customer, AMOUNT)
    await bank.pay(customer.wallet, await address_of(bank, escrow), AMOUNT)
    escrow = await bank.until_escrow(customer, escrow.id, "LOCKED")
    await bank.close(leader)
    await use(bank, customer, escrow)
    await finish_job(bank, customer, escrow, provider, charged=60_000, fee=3_000)
    assert await bank.wallet(customer) == await bank.wallet(provider) == 0
    (payout,) = [one for one in await bank.of_ref(escrow.id) if one.purpose == "PAYOUT"]

    await find_out_that_it_could_not_be_paid(bank, payout)

    assert (await bank.escrow(customer, escrow.id)).status == "RELEASED"
    assert (await bank.wallet(customer), await bank.wallet(provider)) == (40_000, 57_000)
    assert await bank.balance(Account.payout(escrow.id)) == 0
    await bank.open()
    await bank.until_settled()

    async def is_swept() -> bool:
        return await bank.chain_balance(payout.source) == 0

    await bank.until(is_swept)
    await bank.until_agreed()


async def test_a_silent_chain_is_told_and_payments_go_on_when_it_answers(bank: Bank) -> None:
    leader = await bank.open()
    customer = await funded(bank, 4)
    assert leader.health()["state"] == "ok"

    await bank.ask(lambda: bank.devnet.plan(rates={"serverError": 1.0}))

    async def is_silent() -> bool:
        return str(leader.health()["state"]) == "degraded"

    await bank.until(is_silent)
    assert bank.devnet.url in leader.health()["detail"]
    asked = await bank.withdraw(customer, 10)
    await bank.ask(bank.devnet.plan)
    await bank.until_withdrawn(customer, asked.id, "CONFIRMED")
    assert leader.health()["state"] == "ok"


async def test_who_does_not_lead_does_nothing_until_the_lead_is_free(bank: Bank) -> None:
    first = await bank.open()
    second = await bank.open()
    assert (first.is_leading, second.is_leading) == (True, False)
    assert second.health()["state"] == "degraded"

    await bank.close(first)

    async def leads() -> bool:
        return second.is_leading

    await bank.until(leads)
    await funded(bank, 5)
