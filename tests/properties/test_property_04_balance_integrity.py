"""Property 4, against the real ledger."""

from contextlib import suppress
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.states import TransactionType
from qubix_platform.database.session import Database
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.errors import BalanceTooLow
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting
from qubix_platform.ledger.repository import balance_of, fold
from qubix_platform.ledger.sealing.service import close_now
from qubix_platform.ledger.verify import verify
from tests.properties.against_database import AGAINST_DATABASE
from tests.properties.ledger_life import LedgerLife, Move, moves

amounts = st.integers(min_value=1, max_value=10**12)
movements = st.lists(
    st.one_of(
        st.tuples(st.just("credit"), amounts),
        st.tuples(st.just("debit"), amounts),
        st.tuples(st.just("repeat"), st.just(0)),
    ),
    max_size=12,
)


@settings(AGAINST_DATABASE, max_examples=100)
@given(sequence=movements)
async def test_property_04_credits_minus_debits_equal_the_balance(
    database: Database, sequence: list[tuple[str, int]]
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 4: For any sequence of transactions, the sum of all credits minus
    debits equals the current wallet balance; a debit that it does not cover changes nothing."""
    user = uuid4()
    expected = 0
    last: Posting | None = None
    for kind, amount in sequence:
        posting = _posting(user, amount if kind == "credit" else -amount) if kind != "repeat" else last
        if posting is None:
            continue
        try:
            async with database.transaction() as session:
                await ledger.post(session, posting)
        except BalanceTooLow:
            assert kind == "debit"
            assert amount > expected
            continue
        if kind != "repeat":
            expected += amount if kind == "credit" else -amount
            last = posting
        assert expected >= 0
    async with database.transaction() as session:
        assert await balance_of(session, Account.wallet(user)) == expected
        assert (await verify(session)).mismatches == ()


HOW = ("one by one", "in one batch", "twice", "crash", "crash, then again")


class Crashed(Exception):
    """The process ended before it could commit."""


@settings(AGAINST_DATABASE, max_examples=100)
@given(
    history=st.lists(
        st.tuples(st.lists(moves(), min_size=1, max_size=4), st.sampled_from(HOW), st.booleans()), max_size=8
    )
)
async def test_property_04_holds_for_every_kind_of_posting(
    database: Database, history: list[tuple[list[Move], str, bool]]
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 4: For any history of deposits, sweeps, holds, settlements, refunds,
    payouts, withdrawals, reservations, fees and corrections, posted one by one or in batches, repeated, crashed, sealed
    and folded on the way, each account holds the sum of its entries, none is overdrawn, and all of them sum to zero."""
    life = LedgerLife()
    async with database.transaction() as session:
        before = {account: await balance_of(session, account) for account in _shared()}
    for steps, how, is_looked_after in history:
        postings = [life.posting(step) for step in steps]
        await _take(database, life, postings, how=how)
        if is_looked_after:
            async with database.transaction() as session:
                await close_now(session)
                await fold(session)
    await _take(database, life, life.closing(), how="in one batch")
    async with database.transaction() as session:
        for account, expected in life.balances.items():
            assert await balance_of(session, account) == expected + before.get(account, 0), account
        assert sum(life.balances.values()) == 0
        assert (await verify(session)).mismatches == ()


async def _take(database: Database, life: LedgerLife, postings: list[Posting], *, how: str) -> None:
    """Post in one database transaction: all of it or nothing, as the model says."""
    if not postings:
        return

    async def attempt(*, crashes: bool = False) -> None:
        async with database.transaction() as session:
            if how == "in one batch":
                await ledger.post_all(session, postings)
            else:
                for posting in postings:
                    await ledger.post(session, posting)
            if crashes:
                raise Crashed

    is_covered = life.covers(postings)
    try:
        if how.startswith("crash"):
            with suppress(Crashed):
                await attempt(crashes=True)
        if how != "crash":
            await attempt()
            assert is_covered
            life.post(postings)
        if how == "twice":
            await attempt()
    except BalanceTooLow:
        assert not is_covered


def _shared() -> list[Account]:
    """Accounts of the platform, which earlier histories have used."""
    return [Account.fees(), Account.costs(), Account.issuance(), *map(Account.chain, ChainPlace)]


def _posting(user: UUID, amount: int) -> Posting:
    key = str(uuid4())
    legs = (
        Leg(Account.issuance(), -amount, LegCause.ISSUANCE),
        Leg(Account.wallet(user), amount, LegCause.ISSUANCE),
    )
    return Posting(key, TransactionType.PAYMENT, key, legs)
