"""Reservations against a real database: prepaid, paid out by the hour, given back by rule, to the last QU."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from qubix.schemas.spending import SpendingLimitSet
from qubix_actors.billing import Billing
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.ledger.errors import BalanceTooLow
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.repository import balance_of
from qubix_platform.ledger.verify import verify
from qubix_platform.reservations import service as reservations
from qubix_platform.reservations.errors import MachineNotToReserve, ReservationNotFound, WindowNotUsable
from qubix_platform.spending import service as spending
from qubix_platform.spending.errors import SpendingLimitReached
from tests.platform.market_life import POLICY, Machine, Market
from tests.properties.against_database import AGAINST_DATABASE

PRICE = 3_600_000
HOUR = 3600
PREPAID = PRICE * 10 * 95 // 100  # ten hours, five per cent off


class Holder:
    """Somebody who reserves a machine for ten hours, and whose clock is turned by hand."""

    def __init__(self, market: Market, consumer: UserCaller, machine: Machine) -> None:
        self.market, self.database, self.consumer, self.machine = market, market.database, consumer, machine

    @classmethod
    async def with_balance(cls, database: Database, balance: int) -> "Holder":
        market = Market(database)
        return cls(market, await market.consumer(balance=balance), await market.machine(price=PRICE))

    async def reserve(self, *, after: timedelta = timedelta(minutes=1), hours: float = 10) -> UUID:
        starts_at = datetime.now(UTC) + after
        async with self.database.transaction() as session:
            return await reservations.reserve(
                session,
                caller=self.consumer,
                provider_id=self.machine.id,
                starts_at=starts_at,
                length=timedelta(hours=hours),
            )

    async def let_pass(self, reservation_id: UUID, seconds: float) -> None:
        """As if the window had begun so long ago."""
        async with self.database.transaction() as session:
            await session.execute(
                text("""update reservations
                           set ends_at = clock_timestamp() + (ends_at - starts_at) - make_interval(secs => :seconds),
                               starts_at = clock_timestamp() - make_interval(secs => :seconds) where id = :id"""),
                {"id": reservation_id, "seconds": seconds},
            )

    async def balances(self, reservation_id: UUID) -> tuple[int, int, int]:
        """Of the holder, of the provider, and what is still prepaid; the books verified on the way."""
        async with self.database.transaction() as session:
            assert (await verify(session)).mismatches == ()
            return (
                await balance_of(session, Account.wallet(self.consumer.user_id)),
                await balance_of(session, Account.wallet(self.machine.user_id)),
                await balance_of(session, Account.reservation(reservation_id)),
            )


def net(amount: int) -> int:
    return amount - amount * POLICY.fee_basis_points // 10_000


async def test_a_window_is_prepaid_paid_out_by_the_hour_and_over_with_its_time(database: Database) -> None:
    holder = await Holder.with_balance(database, PREPAID + 5)
    reserved = await holder.reserve()
    assert await holder.balances(reserved) == (5, 0, PREPAID)
    await holder.let_pass(reserved, 3 * HOUR + 10)
    billing = Billing(database, POLICY)
    await asyncio.gather(*(billing.look() for _ in range(3)))
    assert await holder.balances(reserved) == (5, net(PREPAID * 3 // 10), PREPAID * 7 // 10)
    await holder.let_pass(reserved, 11 * HOUR)
    for _ in range(2):
        await billing.look()
    assert await holder.balances(reserved) == (5, net(PREPAID), 0)
    first = net(PREPAID * 3 // 10)
    assert await holder.market.told(holder.machine.user_id) == [first, net(PREPAID) - first]
    assert await holder.market.told(holder.consumer.user_id) == [-PREPAID, 0]


async def test_who_gives_it_back_pays_list_price_for_what_was_had(database: Database) -> None:
    holder = await Holder.with_balance(database, PREPAID)
    reserved = await holder.reserve()
    stranger = await holder.market.consumer()
    await holder.let_pass(reserved, 2 * HOUR + 1)
    async with database.transaction() as session:
        assert await reservations.advance(session, reserved, policy=POLICY) == net(PREPAID * 2 // 10)
    async with database.transaction() as session:
        with pytest.raises(ReservationNotFound):
            await reservations.cancel(session, caller=stranger, reservation_id=reserved, policy=POLICY)
        parts = await reservations.cancel(session, caller=holder.consumer, reservation_id=reserved, policy=POLICY)
    owed = 2 * PRICE + PRICE // HOUR
    assert parts is not None
    assert parts.refund == PREPAID - owed
    assert await holder.balances(reserved) == (PREPAID - owed, net(owed), 0)
    async with database.transaction() as session:
        again = await reservations.cancel(session, caller=holder.consumer, reservation_id=reserved, policy=POLICY)
    assert again is None


async def test_a_machine_that_is_gone_costs_only_what_was_had_at_the_discount(database: Database) -> None:
    holder = await Holder.with_balance(database, PREPAID)
    reserved = await holder.reserve()
    await holder.let_pass(reserved, 5 * HOUR)
    async with database.transaction() as session:
        assert await reservations.fail(session, reserved, policy=POLICY) is not None
        assert await reservations.fail(session, reserved, policy=POLICY) is None
    left, paid, prepaid = await holder.balances(reserved)
    assert (paid, prepaid) == (net(PREPAID // 2), 0)
    assert left == PREPAID // 2


async def test_a_prepayment_counts_against_its_owners_limits(database: Database) -> None:
    holder = await Holder.with_balance(database, 5 * PREPAID)
    by_session = UserCaller(
        user_id=holder.consumer.user_id, is_operator=False, scopes=holder.consumer.scopes, session_id=uuid4()
    )
    async with database.transaction() as session:
        await spending.set_limits(session, caller=by_session, request=SpendingLimitSet(per_day=PREPAID + 1))
    reserved = await holder.reserve()
    with pytest.raises(SpendingLimitReached, match="for one day"):
        await holder.reserve(after=timedelta(hours=20))
    async with database.transaction() as session:
        await reservations.cancel(session, caller=holder.consumer, reservation_id=reserved, policy=POLICY)
    assert isinstance(await holder.reserve(after=timedelta(hours=20)), UUID)


async def test_the_same_time_is_sold_once_and_nothing_is_sold_that_cannot_be(database: Database) -> None:
    holder = await Holder.with_balance(database, 5 * PREPAID)
    outcomes = await asyncio.gather(*(holder.reserve() for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, MachineNotToReserve) for outcome in outcomes) == 3
    assert isinstance(await holder.reserve(after=timedelta(hours=11)), UUID)
    with pytest.raises(WindowNotUsable, match="has begun already"):
        await holder.reserve(after=timedelta(hours=-12), hours=2)
    with pytest.raises(WindowNotUsable, match="not of an hour to a year"):
        await holder.reserve(after=timedelta(hours=30), hours=0.5)
    with pytest.raises(BalanceTooLow):
        await holder.reserve(after=timedelta(hours=30), hours=1000)
    async with database.transaction() as session:
        await session.execute(text("update providers set user_id = :user"), {"user": holder.consumer.user_id})
    with pytest.raises(MachineNotToReserve, match="your own"):
        await holder.reserve(after=timedelta(hours=40))
    async with database.transaction() as session:
        await session.execute(text("update providers set removed_at = now()"))
    with pytest.raises(MachineNotToReserve, match="not there"):
        await holder.reserve(after=timedelta(hours=40))


@settings(AGAINST_DATABASE, max_examples=30)
@given(
    looks=st.lists(st.integers(0, 11 * HOUR), max_size=5),
    hours=st.integers(1, 10),
    end=st.sampled_from(["cancel", "fail", "time"]),
)
async def test_however_it_goes_every_qu_that_was_prepaid_is_somewhere(
    database: Database, looks: list[int], hours: int, end: str
) -> None:
    start = PRICE * hours
    holder = await Holder.with_balance(database, start)
    reserved = await holder.reserve(hours=hours)
    for passed in sorted(looks):
        await holder.let_pass(reserved, passed)
        async with database.transaction() as session:
            await reservations.advance(session, reserved, policy=POLICY)
    async with database.transaction() as session:
        if end == "cancel":
            await reservations.cancel(session, caller=holder.consumer, reservation_id=reserved, policy=POLICY)
        elif end == "fail":
            await reservations.fail(session, reserved, policy=POLICY)
    if end == "time":
        await holder.let_pass(reserved, hours * HOUR)
        async with database.transaction() as session:
            await reservations.advance(session, reserved, policy=POLICY)
    left, paid, prepaid = await holder.balances(reserved)
    assert prepaid == 0
    assert paid == net(start - left)
