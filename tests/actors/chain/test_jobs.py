"""A job that is paid for on the chain, from the consumer's wallet to the provider's."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import CompletionStatus
from qubix_platform.attempts import ending, reports
from qubix_platform.chain.escrows import payments
from qubix_platform.chain.escrows.errors import EscrowNotFound, EscrowNotUsable, EscrowTooSmall
from qubix_platform.ledger.model import Account
from tests.actors.chain.bank import Bank
from tests.platform.market_life import POLICY, Market

AMOUNT = 200_000


async def test_the_end_of_a_job_pays_its_provider_on_the_chain(bank: Bank) -> None:
    await bank.open()
    market = Market(bank.database)
    customer, provider = await bank.customer(number=0), await bank.customer()
    caller = replace(await market.consumer(balance=0), user_id=customer.user_id)
    machine = await market.machine()
    await bank.waiting.set("update providers set user_id = :user where id = :id", user=provider.user_id, id=machine.id)
    escrow = await bank.lock(customer, AMOUNT)
    with pytest.raises(EscrowNotUsable):
        await market.job(caller, escrow_id=escrow.id)
    async with bank.database.transaction() as session:
        address = (await payments.view(session, escrow)).address
    assert address is not None
    await bank.pay(customer.wallet, address, AMOUNT)
    await bank.until_escrow(customer, escrow.id, "LOCKED")
    before = await bank.chain_balance(customer.wallet.identity)
    with pytest.raises(EscrowTooSmall):
        await market.job(caller, escrow_id=escrow.id, time_limit_seconds=3600)
    with pytest.raises(EscrowNotFound):
        await market.job(await market.consumer(), escrow_id=escrow.id)

    job = await market.job(caller, escrow_id=escrow.id)

    assert job.hold_amount == AMOUNT
    assert await bank.wallet(customer) == 0
    with pytest.raises(EscrowNotUsable):
        await market.job(caller, escrow_id=escrow.id)
    spec = await market.assign(job, machine)
    async with bank.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await market.backdate_start(spec.attempt_id, seconds=100)
    done = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)
    async with bank.database.transaction() as session:
        answer = await ending.complete(session, attempt_id=spec.attempt_id, job_id=job.id, report=done, policy=POLICY)
    assert answer.payment is not None
    cost = answer.payment.cost
    fee = cost * POLICY.fee_basis_points // 10_000

    await bank.until_escrow(customer, escrow.id, "RELEASED")

    assert cost >= 10_000
    assert await bank.chain_balance(provider.wallet.identity) == cost - fee
    assert await bank.chain_balance(customer.wallet.identity) == before + AMOUNT - cost
    assert await bank.balance(Account.fees()) == fee
    await bank.until_agreed()
    verification = await bank.verification()
    assert verification.mismatches == ()
    async with bank.database.transaction() as session:
        earned = await session.execute(text("select sum(amount) from ledger_entries where cause = 'EARNING'"))
        assert earned.scalar_one() == cost - fee
