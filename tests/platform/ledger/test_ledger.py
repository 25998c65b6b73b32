"""The ledger against a real database: what it refuses, what it withstands, and what verification finds."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qubix.schemas.states import TransactionType
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.ledger import repository, service
from qubix_platform.ledger.errors import BalanceTooLow, PostingKeyReused, PostingRefused
from qubix_platform.ledger.model import Account, AccountKind, Leg, LegCause, Posting
from qubix_platform.ledger.verify import verify


def issue(user: UUID, amount: int, *, key: str | None = None) -> Posting:
    legs = (
        Leg(Account.issuance(), -amount, LegCause.ISSUANCE),
        Leg(Account.wallet(user), amount, LegCause.ISSUANCE),
    )
    return Posting(key or str(uuid4()), TransactionType.PAYMENT, str(user), legs)


def transfer(source: UUID, target: UUID, amount: int, *, fee: int = 0) -> Posting:
    legs = (
        Leg(Account.wallet(source), -amount, LegCause.EARNING),
        Leg(Account.wallet(target), amount - fee, LegCause.EARNING),
        Leg(Account.fees(), fee, LegCause.FEE),
    )
    return Posting(str(uuid4()), TransactionType.PAYMENT, "test", legs)


async def post(database: Database, posting: Posting) -> int:
    async with database.transaction() as session:
        return await service.post(session, posting)


async def balance(database: Database, account: Account) -> int:
    async with database.transaction() as session:
        return await repository.balance_of(session, account)


async def test_a_repeated_key_has_effect_once_and_other_content_is_refused(database: Database) -> None:
    user = uuid4()
    first = await post(database, issue(user, 100, key="k"))
    assert await post(database, issue(user, 100, key="k")) == first
    with pytest.raises(PostingKeyReused):
        await post(database, issue(user, 101, key="k"))
    assert await balance(database, Account.wallet(user)) == 100


async def test_the_same_key_from_many_at_once_has_effect_once(database: Database) -> None:
    user = uuid4()
    ids = await asyncio.gather(*(post(database, issue(user, 7, key="race")) for _ in range(8)))
    assert len(set(ids)) == 1
    assert await balance(database, Account.wallet(user)) == 7


async def test_no_account_goes_below_zero_however_many_draw_on_it_at_once(database: Database) -> None:
    rich, poor = uuid4(), uuid4()
    await post(database, issue(rich, 50))
    outcomes = await asyncio.gather(
        *(post(database, transfer(rich, poor, 10)) for _ in range(9)), return_exceptions=True
    )
    assert sum(isinstance(outcome, BalanceTooLow) for outcome in outcomes) == 4
    assert await balance(database, Account.wallet(rich)) == 0
    assert await balance(database, Account.wallet(poor)) == 50


async def test_transfers_in_both_directions_at_once_do_not_deadlock(database: Database) -> None:
    ana, bob = uuid4(), uuid4()
    await post(database, issue(ana, 1000))
    await post(database, issue(bob, 1000))
    both = [transfer(*pair, 5) for pair in ((ana, bob), (bob, ana)) * 20]
    await asyncio.gather(*(post(database, one) for one in both))
    assert await balance(database, Account.wallet(ana)) == await balance(database, Account.wallet(bob)) == 1000


async def test_an_unbalanced_posting_is_refused(database: Database) -> None:
    legs = (Leg(Account.wallet(uuid4()), 5, LegCause.REFUND),)
    with pytest.raises(PostingRefused, match="sum to zero"):
        await post(database, Posting("unbalanced", TransactionType.REFUND, "x", legs))


async def test_of_several_legs_on_one_account_the_sum_counts(database: Database) -> None:
    ana, bob = Account.wallet(uuid4()), Account.wallet(uuid4())
    await post(database, issue(UUID(ana.owner), 5))
    legs = (Leg(ana, -10, LegCause.EARNING), Leg(bob, 3, LegCause.EARNING), Leg(ana, 7, LegCause.REFUND))
    await post(database, Posting("both", TransactionType.ESCROW_RELEASE, "job", legs))
    assert (await balance(database, ana), await balance(database, bob)) == (2, 3)
    async with database.transaction() as session:
        assert [leg.amount for leg in await repository.legs_of(session, "job")] == [-10, 3, 7]
        assert (await verify(session)).mismatches == ()


async def test_a_posting_names_accounts_that_are_or_come_into_being(database: Database) -> None:
    nowhere = Account(AccountKind.FEES, "nobody")
    legs = (Leg(Account.issuance(), -5, LegCause.FEE), Leg(nowhere, 5, LegCause.FEE))
    with pytest.raises(PostingRefused, match="no account fees of nobody"):
        await post(database, Posting("nowhere", TransactionType.CORRECTION, "x", legs))
    assert await balance(database, Account.issuance()) == 0


async def test_a_hot_account_is_exact_before_and_after_folding(database: Database) -> None:
    ana, bob = uuid4(), uuid4()
    await post(database, issue(ana, 1000))
    await asyncio.gather(*(post(database, transfer(ana, bob, 100, fee=3)) for _ in range(5)))
    assert await balance(database, Account.fees()) == 15
    for _ in range(2):
        async with database.transaction() as session:
            await repository.fold(session)
        assert await balance(database, Account.fees()) == 15
    async with database.transaction() as session:
        assert (await verify(session)).mismatches == ()


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_entries set amount = amount + 1",
        "delete from ledger_entries",
        "truncate ledger_entries cascade",
        "delete from ledger_transactions",
        "update ledger_accounts set balance = 10",
        "insert into ledger_entries (transaction_id, account_id, amount, cause) values (1, 1, 5, 'FEE')",
    ],
)
async def test_the_application_cannot_touch_the_books_but_by_posting(database: Database, statement: str) -> None:
    await post(database, issue(uuid4(), 5))
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.transaction() as session:
            await session.execute(text(statement))


@pytest.mark.parametrize("statement", ["update ledger_entries set amount = 1", "delete from ledger_transactions"])
async def test_not_even_their_owner_can_change_what_was_posted(
    database: Database, database_settings: DatabaseSettings, statement: str
) -> None:
    await post(database, issue(uuid4(), 5))
    assert database_settings.owner_url is not None
    owner = Database(create_engine(database_settings.owner_url))
    try:
        with pytest.raises(DBAPIError, match="append-only"):
            async with owner.transaction() as session:
                await session.execute(text(statement))
    finally:
        await owner.close()


@pytest.mark.parametrize("entries", ["(1, 1, 5, 'FEE')", "(1, 1, 5, 'FEE'), (2, 2, -5, 'FEE')"])
async def test_not_even_their_owner_can_post_what_does_not_sum_to_zero(
    database: Database, database_settings: DatabaseSettings, entries: str
) -> None:
    assert database_settings.owner_url is not None
    owner = Database(create_engine(database_settings.owner_url))
    try:
        with pytest.raises(DBAPIError, match="must sum to zero"):
            async with owner.transaction() as session:
                await session.execute(
                    text(f"insert into ledger_entries (transaction_id, account_id, amount, cause) values {entries}")
                )
    finally:
        await owner.close()


@pytest.mark.parametrize(
    "statement",
    [
        "insert into ledger_accounts (kind, owner) values ('pocket', 'somebody')",
        "insert into ledger_transactions (key, fingerprint, kind, ref) values ('k', '', 'GIFT', 'x')",
    ],
)
async def test_there_are_no_other_kinds_of_account_or_transaction(
    database: Database, database_settings: DatabaseSettings, statement: str
) -> None:
    assert database_settings.owner_url is not None
    owner = Database(create_engine(database_settings.owner_url))
    try:
        with pytest.raises(DBAPIError, match="violates check constraint"):
            async with owner.transaction() as session:
                await session.execute(text(statement))
    finally:
        await owner.close()


async def test_verification_finds_a_balance_that_was_altered(
    database: Database, database_settings: DatabaseSettings
) -> None:
    user = uuid4()
    await post(database, issue(user, 5))
    assert database_settings.owner_url is not None
    owner = Database(create_engine(database_settings.owner_url))
    try:
        async with owner.transaction() as session:
            await session.execute(text("update ledger_accounts set balance = 6 where kind = 'wallet'"))
            found = await verify(session)
    finally:
        await owner.close()
    assert not found.passed
    assert str(user) in found.mismatches[0]
    assert "says 6 QU, its entries sum to 5 QU" in found.mismatches[0]
