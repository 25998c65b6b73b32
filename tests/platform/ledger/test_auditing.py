"""Withdrawals and payouts beside their postings and their chain transactions: what disagrees is named."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from qubix.qubic import keys
from qubix.schemas.chain import Withdrawal, WithdrawalCreate
from qubix.schemas.states import TransactionType
from qubix_platform.auth.callers import UserCaller
from qubix_platform.chain.addresses import service as addresses
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.model import AddressPurpose, Order, Outlay, Purpose
from qubix_platform.chain.transactions import orders
from qubix_platform.chain.watching import repository as watching
from qubix_platform.chain.withdrawals import service as withdrawals
from qubix_platform.database.session import Database
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.auditing.repository import mismatches
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.wallets import balance
from qubix_platform.wallets import repository as wallets
from tests.platform.market_life import Market

RING = KeyRing.from_seed("t" * 55)
WALLET = keys.derive("w" * 55).identity
AMOUNT = 700


WANTED = WithdrawalCreate(address=WALLET, amount=AMOUNT)
KEY = "once"


async def withdrawn(database: Database) -> Withdrawal:
    consumer = await Market(database).consumer(balance=AMOUNT)
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        return await withdrawals.request(session, caller=consumer, wanted=WANTED, idempotency_key=KEY)


async def found_after(database: Database, *changes: str, **values: object) -> list[str]:
    async with database.transaction() as session:
        assert await mismatches(session) == []
        for change in changes:
            await session.execute(text(change), values)
        return await mismatches(session)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("update withdrawals set amount = amount + 1 where id = :id", "it is of 701 QU, and 700 QU were posted for it"),
        ("update chain_transactions set amount = 9 where ref = cast(cast(:id as uuid) as text)", "sends 9 QU to"),
        ("update withdrawals set transaction_id = null where id = :id", "no chain transaction carries it out"),
        (
            "update chain_transactions set status = 'FAILED' where ref = cast(cast(:id as uuid) as text)",
            "is FAILED, and its end is not in the books",
        ),
    ],
)
async def test_a_withdrawal_that_disagrees_with_books_or_chain_is_named(
    database: Database, change: str, named: str
) -> None:
    withdrawal = await withdrawn(database)
    found = await found_after(database, change, id=withdrawal.id)
    assert any(named in sentence and str(withdrawal.id) in sentence for sentence in found), found


async def test_who_waits_is_told_that_payments_are_stopped_and_by_whom_they_go_on(database: Database) -> None:
    withdrawal = await withdrawn(database)
    assert withdrawal.reason is None
    async with database.transaction() as session:
        user_id = (await session.execute(text("select user_id from withdrawals"))).scalar_one()
        assert await wallets.join(session, user_id=user_id, address=WALLET)
        await watching.halt(session, reason="700 QU left without an order", transactions=["abc"])
        told = (await withdrawals.get(session, user_id=user_id, withdrawal_id=withdrawal.id)).reason
        caller = UserCaller(user_id=user_id, is_operator=False, scopes=frozenset())
        held = await balance.holdings(session, caller=caller, address=WALLET, fee_basis_points=0)
        shown = held.shown(on_chain=None, tick=None, reason=None)
        assert told is not None
        assert told == shown.payments_stopped
        assert "an operator of the platform" in told
        again = await withdrawals.request(session, caller=caller, wanted=WANTED, idempotency_key=KEY)
        assert (again.id, again.reason) == (withdrawal.id, told)
        assert await watching.resume(session, reason="it was mine")
        assert (await withdrawals.get(session, user_id=user_id, withdrawal_id=withdrawal.id)).reason is None


async def test_money_on_its_way_for_no_withdrawal_is_named(database: Database) -> None:
    nobody = uuid4()
    async with database.transaction() as session:
        await ledger.post(session, _owed(Account.withdrawal(nobody)))
        (sentence,) = await mismatches(session)
    assert sentence == f"withdrawal account {nobody} holds {AMOUNT} QU, and there is no such withdrawal"


async def test_a_payout_that_disagrees_with_its_payments_is_named(database: Database) -> None:
    consumer = await Market(database).consumer(balance=0)
    escrow = uuid4()
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        await ledger.post(session, _owed(Account.payout(escrow)))
        (sentence,) = await mismatches(session)
        assert sentence == f"the payouts of escrow {escrow} hold {AMOUNT} QU, and 0 QU of payments are under way"
        hot = await addresses.internal(session, AddressPurpose.HOT)
        outlays = (Outlay(WALLET, AMOUNT), Outlay(hot.identity, 5))
        order = Order(purpose=Purpose.PAYOUT, ref=str(escrow), user_id=consumer.user_id, source=hot, outlays=outlays)
        payment: UUID = await orders.place(session, order)
    confirmed = """
        update chain_transactions set status = 'CONFIRMED', tick = 1, digest = '\\x00' where id = :id
    """
    found = await found_after(database, confirmed, id=payment)
    assert (
        f"payout {payment} of escrow {escrow} is CONFIRMED and pays 700 QU on the chain, the books paid 0 QU" in found
    )


def _owed(account: Account) -> Posting:
    key = str(uuid4())
    legs = (Leg(Account.issuance(), -AMOUNT, LegCause.ISSUANCE), Leg(account, AMOUNT, LegCause.PAYOUT))
    return Posting(key, TransactionType.PAYMENT, key, legs)
