"""What a wallet's holder has: what is theirs, what is being earned, and what is on its way."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from qubix.qubic import keys
from qubix.qubic.hashing import k12
from qubix.schemas.states import Scope, TransactionType
from qubix_platform.attempts import reports
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.pricing.rates import charge, split
from qubix_platform.wallets import balance, repository
from qubix_platform.wallets.balance import Holdings, being_earned
from qubix_platform.wallets.errors import OtherWallet
from qubix_platform.wallets.repository import Running
from tests.platform.market_life import POLICY, Market

FEE = POLICY.fee_basis_points
ADDRESS = keys.from_subseed(k12(b"ada")).identity
OTHER = keys.from_subseed(k12(b"eve")).identity


@pytest.fixture
def market(database: Database) -> Market:
    return Market(database)


async def join(market: Market, user_id: UUID, address: str = ADDRESS) -> UserCaller:
    """Give a user a wallet."""
    async with market.database.transaction() as session:
        assert await repository.join(session, user_id=user_id, address=address)
    return UserCaller(user_id=user_id, is_operator=False, scopes=frozenset(Scope))


async def look(market: Market, caller: UserCaller, address: str = ADDRESS) -> Holdings:
    async with market.database.transaction() as session:
        return await balance.holdings(session, caller=caller, address=address, fee_basis_points=FEE)


async def run(market: Market, statement: str, **values: Any) -> Any:
    async with market.database.transaction() as session:
        return (await session.execute(text(statement), values)).scalar_one_or_none()


async def chain_address(market: Market, purpose: str) -> int:
    """An address of the platform's."""
    own = keys.from_subseed(k12(purpose.encode()))
    statement = """
        insert into chain_addresses (purpose, index, public_key, identity) values (:purpose, 0, :key, :identity)
        returning id
    """
    address_id: int = await run(market, statement, purpose=purpose, key=own.public_key, identity=own.identity)
    return address_id


async def test_a_new_wallet_holds_nothing_and_a_users_wallet_what_is_theirs(market: Market) -> None:
    caller = await join(market, (await market.consumer(balance=1_000_000)).user_id)
    await market.job(caller, max_price=36_000, time_limit_seconds=60)
    found = await look(market, caller)
    assert (found.available, found.held) == (999_400, 600)
    assert (found.earning, found.on_the_way.deposits, found.on_the_way.withdrawals) == (0, 0, 0)


async def test_only_its_holder_and_operators_may_look(market: Market) -> None:
    caller = await join(market, (await market.consumer(balance=5)).user_id)
    stranger = await market.consumer()
    with pytest.raises(OtherWallet):
        await look(market, stranger)
    with pytest.raises(OtherWallet):
        await look(market, caller, OTHER)
    operator = UserCaller(user_id=stranger.user_id, is_operator=True, scopes=frozenset(Scope))
    assert (await look(market, operator)).available == 5
    assert (await look(market, operator, OTHER)).available == 0


async def test_what_runs_on_the_holders_machines_is_being_earned(market: Market) -> None:
    machine = await market.machine(price=360_000)
    owner = await join(market, machine.user_id)
    consumer = await market.consumer()
    job = await market.job(consumer)
    spec = await market.assign(job, machine)
    assert (await look(market, owner)).earning == 0
    async with market.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    await run(market, "update attempts set started_at = now() - interval '90.5 seconds' returning 1")
    assert (await look(market, owner)).earning == 9_000 - 450
    await run(market, "update attempts set cost = 4000 returning 1")
    assert (await look(market, owner)).earning == 5_000 - 250
    await run(market, "update attempts set started_at = now() - interval '30 days' returning 1")
    assert (await look(market, owner)).earning < 720_000 * 600 // 3600
    assert (await look(market, await join(market, consumer.user_id, OTHER), OTHER)).earning == 0


async def test_deposits_are_coming_until_they_are_confirmed(market: Market) -> None:
    caller = await join(market, (await market.consumer(balance=0)).user_id)
    address_id = await chain_address(market, "deposit")
    statement = """
        insert into chain_transactions (direction, purpose, ref, user_id, address_id, source, destination, amount,
                                        status, tick, digest)
        values ('IN', 'DEPOSIT', :ref, :user_id, :address_id, :source, :source, 700, 'SEEN', 1, :digest) returning id
    """
    await run(
        market,
        statement,
        ref="a deposit",
        user_id=caller.user_id,
        address_id=address_id,
        source=ADDRESS,
        digest=b"digest",
    )
    assert (await look(market, caller)).on_the_way.deposits == 700
    await run(market, "update chain_transactions set status = 'CONFIRMED' returning 1")
    assert (await look(market, caller)).on_the_way.deposits == 0


async def test_withdrawals_are_on_their_way_while_the_books_hold_them(market: Market) -> None:
    caller = await join(market, (await market.consumer(balance=1_000)).user_id)
    statement = "insert into withdrawals (user_id, destination, amount) values (:user_id, :to, 300) returning id"
    withdrawal_id = await run(market, statement, user_id=caller.user_id, to=ADDRESS)
    async with market.database.transaction() as session:
        legs = (
            Leg(Account.wallet(caller.user_id), -300, LegCause.WITHDRAWAL),
            Leg(Account.withdrawal(withdrawal_id), 300, LegCause.WITHDRAWAL),
        )
        await ledger.post(session, Posting("hold", TransactionType.WITHDRAWAL, str(withdrawal_id), legs))
    found = await look(market, caller)
    assert (found.available, found.on_the_way.withdrawals) == (700, 300)
    other = await join(market, (await market.consumer(balance=0)).user_id, OTHER)
    assert (await look(market, other, OTHER)).on_the_way.withdrawals == 0


async def test_a_payout_on_the_chain_is_the_providers_wages_and_the_payers_return(market: Market) -> None:
    payer = await join(market, (await market.consumer(balance=0)).user_id)
    provider = await join(market, (await market.consumer(balance=0)).user_id, OTHER)
    address_id = await chain_address(market, "escrow")
    escrow_id = await run(
        market,
        """
        insert into escrows (user_id, source, amount, status, expires_at)
        values (:user_id, 'balance', 1000, 'RELEASING', now()) returning id
        """,
        user_id=payer.user_id,
    )
    statement = """
        insert into chain_transactions (direction, purpose, ref, user_id, address_id, source, destination, amount,
                                        payments, status)
        values ('OUT', 'PAYOUT', :ref, :user_id, :address_id, :source, :source, 1000,
                jsonb_build_array(jsonb_build_array(cast(:provider as text), 600),
                                  jsonb_build_array(cast(:payer as text), 350)), 'QUEUED')
        returning id
    """
    await run(
        market,
        statement,
        ref=str(escrow_id),
        user_id=payer.user_id,
        address_id=address_id,
        source=ADDRESS,
        provider=OTHER,
        payer=ADDRESS,
    )
    paid, earned = (await look(market, payer)).on_the_way, (await look(market, provider, OTHER)).on_the_way
    assert (paid.withdrawals, paid.wages) == (350, 0)
    assert (earned.withdrawals, earned.wages) == (0, 600)
    shown = (await look(market, provider, OTHER)).shown(on_chain=None, tick=None, reason="no chain")
    assert (shown.pending_earnings, shown.pending_withdrawals, shown.on_chain_reason) == (600, 0, "no chain")


@given(
    st.integers(min_value=0, max_value=10**9),
    st.integers(min_value=0, max_value=10**6),
    st.integers(min_value=0, max_value=10**6),
)
def test_what_is_being_earned_and_what_was_paid_add_up_to_one_settlement(price: int, paid: int, seconds: int) -> None:
    before = charge(price_per_hour=price, seconds=min(paid, seconds))
    whole = charge(price_per_hour=price, seconds=seconds)
    first = split(held=before, charged=before, fee_basis_points=FEE).provider
    rest = being_earned([Running(price_per_hour=price, paid=before, seconds=seconds)], fee_basis_points=FEE)
    assert first + rest == split(held=whole, charged=whole, fee_basis_points=FEE).provider
