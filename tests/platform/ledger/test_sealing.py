"""Seals against a real database: their order, what is behind the horizon, and that an altered row is named."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from qubix.receipts import merkle
from qubix.receipts.anchor import RootStatement
from qubix.receipts.canonical import canonical
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.ledger import service
from qubix_platform.ledger.errors import NotSealedYet
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.sealing import repository
from qubix_platform.ledger.sealing.model import Closing
from qubix_platform.ledger.sealing.proofs import prove
from qubix_platform.ledger.sealing.service import close_day, seal
from qubix_platform.ledger.verify import verify, verify_whole
from tests.platform.ledger.test_batches import move


async def fill(database: Database, count: int) -> list[int]:
    user = Account.wallet(uuid4())
    postings = [move(Account.issuance(), user, 10 + n, key=f"{user.owner}:{n}") for n in range(count)]
    async with database.transaction() as session:
        return await service.post_all(session, postings)


async def seal_all(database: Database) -> int:
    async with database.transaction() as session:
        return await seal(session, limit=10_000)


async def close(database: Database) -> int | None:
    async with database.transaction() as session:
        closed = await close_day(session, early=True)
    return None if closed is None else closed.number


async def mismatches(database: Database) -> tuple[str, ...]:
    async with database.transaction() as session:
        found = await verify(session)
    assert await verify_whole(database) == found
    return found.mismatches


@asynccontextmanager
async def superuser(postgres: EmbeddedPostgres, settings: DatabaseSettings) -> AsyncIterator[Database]:
    """Somebody who may do anything, and has switched off the triggers that stand in the way."""
    intruder = Database(create_engine(postgres.admin_url.set(database=settings.app_url.database)))
    try:
        yield intruder
    finally:
        await intruder.close()


async def tamper(postgres: EmbeddedPostgres, settings: DatabaseSettings, *statements: str) -> None:
    async with superuser(postgres, settings) as intruder, intruder.transaction() as session:
        await session.execute(text("set session_replication_role = replica"))
        for statement in statements:
            assert (await session.execute(text(statement))).rowcount == 1  # type: ignore[attr-defined]


async def test_seals_follow_each_other_and_the_chain_is_of_all_of_them(database: Database) -> None:
    ids = await fill(database, 5)
    assert await seal_all(database) == 5
    assert await seal_all(database) == 0
    ids += await fill(database, 2)
    assert await seal_all(database) == 2
    async with database.transaction() as session:
        head = await repository.head(session)
        found = await repository.transactions(session, ids)
    chain = merkle.EMPTY_CHAIN
    for each in ids:
        chain = merkle.link(chain, merkle.leaf_hash(canonical(found[each])))
    assert (head.position, head.transaction_id, head.chain) == (7, ids[-1], chain)
    assert await mismatches(database) == ()


async def test_what_is_still_open_is_not_overtaken(database: Database) -> None:
    async with database.transaction() as slow:
        await service.post(slow, move(Account.issuance(), Account.wallet(uuid4()), 1))
        later = await fill(database, 3)
        assert await seal_all(database) == 0
    assert await seal_all(database) == 4
    async with database.transaction() as session:
        sealed = await repository.sealed(session, first=1, last=4, accounts={})
    assert [each.transaction_id for each in sealed[1:]] == later
    assert await mismatches(database) == ()


async def test_sealing_beside_many_writers_leaves_nothing_out(database: Database) -> None:
    async def write() -> None:
        for _ in range(6):
            await fill(database, 3)

    async def keep_sealing(writers: "asyncio.Future[list[None]]") -> int:
        total = 0
        while not writers.done():
            total += await seal_all(database)
        return total

    writers = asyncio.gather(*(write() for _ in range(6)))
    total = await keep_sealing(writers)
    total += await seal_all(database)
    assert total == 6 * 6 * 3
    assert await mismatches(database) == ()


async def test_two_sealers_do_not_seal_twice(database: Database) -> None:
    await fill(database, 20)
    assert sorted(await asyncio.gather(*(seal_all(database) for _ in range(3)))) == [0, 0, 20]
    assert await mismatches(database) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "insert into ledger_seals (position, transaction_id, xid, leaf, chain) values (1, 1, '1', '', '')",
        "update ledger_roots set root = chain",
        "select ledger_seal(0, '{999999}', array[sha256('')], array[sha256('')])",
        "select ledger_seal(7, '{1}', array[sha256('')], array[sha256('')])",
        "select ledger_close_root('2026-01-01', 1, sha256(''), sha256(''), sha256(''))",
    ],
)
async def test_the_application_cannot_make_up_seals(database: Database, statement: str) -> None:
    await fill(database, 2)
    with pytest.raises((DBAPIError, DatabaseUnavailable)):
        async with database.transaction() as session:
            await session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("update ledger_transactions set ref = 'another' where id = {id}", "transaction {id} "),
        (
            "update ledger_transactions set created_at = created_at - interval '1 day' where id = {id}",
            "transaction {id} ",
        ),
        ("update ledger_entries set cause = 'EARNING' where transaction_id = {id} and amount > 0", "transaction {id} "),
        (
            "update ledger_entries set amount = amount + 1 where transaction_id = {id} and amount > 0",
            "transaction {id} ",
        ),
        ("delete from ledger_entries where transaction_id = {id} and amount > 0", "transaction {id} "),
        ("delete from ledger_transactions where id = {id}", "transaction {id}, sealed at position"),
        ("update ledger_accounts set owner = 'thief' where kind = 'wallet'", "transaction {id} "),
        ("update ledger_entries set xid = '9' where transaction_id = {id} and amount > 0", "transaction {id}"),
        ("update ledger_seals set leaf = sha256('x') where transaction_id = {id}", "transaction {id} "),
        ("update ledger_seals set chain = sha256('x') where position = 2", "broken at position 2"),
        ("delete from ledger_seals where position = 2", "from position 2 to 2 are gone"),
        ("update ledger_roots set root = sha256('x')", "root 1 of"),
        ("update ledger_roots set chain = sha256('x')", "root 1 of"),
        ("update ledger_roots set last_position = 9", "root 1 covers seals that are gone"),
    ],
)
async def test_one_row_altered_by_a_superuser_is_named(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings, statement: str, named: str
) -> None:
    ids = await fill(database, 3)
    await seal_all(database)
    await close(database)
    assert await mismatches(database) == ()
    await tamper(postgres, database_settings, statement.format(id=ids[1]))
    found = await mismatches(database)
    assert any(named.format(id=ids[1]) in each for each in found), found


@pytest.mark.parametrize("position", [1, 2])
async def test_a_day_is_closed_all_the_same_where_a_seal_is_gone_and_the_others_are_proven(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings, position: int
) -> None:
    ids = await fill(database, 4)
    await seal_all(database)
    await tamper(postgres, database_settings, f"delete from ledger_seals where position = {position}")
    async with database.transaction() as session:
        assert await close_day(session, early=True) == Closing(1, (position,))
        (proven,), (root,) = await prove(session, [ids[2]])
    leaf = merkle.leaf_hash(canonical(proven.transaction))
    assert merkle.root_by_path(leaf, index=2, size=4, path=proven.path) == root.statement.root
    await fill(database, 1)
    assert await seal_all(database) == 1
    assert any(f"from position {position} to {position} are gone" in each for each in await mismatches(database))


async def test_sealing_goes_on_past_a_transaction_that_was_put_to_another_place(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings
) -> None:
    ids = await fill(database, 3)
    await seal_all(database)
    move = f"update ledger_transactions set xid = pg_current_xact_id() where id = {ids[1]}"
    await tamper(postgres, database_settings, move)
    await fill(database, 2)
    assert await seal_all(database) == 2
    assert any(f"transaction {ids[1]} " in each for each in await mismatches(database))


async def test_a_transaction_that_is_slipped_in_later_is_named(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings
) -> None:
    await fill(database, 3)
    await seal_all(database)
    await tamper(
        postgres,
        database_settings,
        "insert into ledger_transactions (key, fingerprint, kind, ref, xid) values ('forged', '', 'PAYMENT', 'x', '5')",
    )
    assert any("(forged) was slipped in" in each for each in await mismatches(database))


async def test_a_forger_who_seals_anew_still_meets_the_published_root(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings
) -> None:
    ids = await fill(database, 3)
    await seal_all(database)
    await close(database)
    async with database.transaction() as session:
        (published,), _ = await repository.roots(session)
    await tamper(
        postgres,
        database_settings,
        f"update ledger_transactions set ref = 'another' where id = {ids[1]}",
        "delete from ledger_roots",
    )
    async with superuser(postgres, database_settings) as intruder, intruder.transaction() as session:
        await session.execute(text("set session_replication_role = replica"))
        await session.execute(text("delete from ledger_seals"))
    await seal_all(database)
    await close(database)
    assert await mismatches(database) == ()
    async with database.transaction() as session:
        (forged,), _ = await repository.roots(session)
    assert forged.statement.root != published.statement.root
    assert RootStatement.parse(published.statement.payload()) == published.statement


async def test_a_day_gets_its_root_when_it_is_over_and_not_before(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings
) -> None:
    await fill(database, 4)
    await seal_all(database)
    async with database.transaction() as session:
        assert await close_day(session) is None
    async with superuser(postgres, database_settings) as intruder, intruder.transaction() as session:
        await session.execute(text("set session_replication_role = replica"))
        await session.execute(text("update ledger_seals set sealed_at = sealed_at - interval '1 day'"))
    async with database.transaction() as session:
        assert await close_day(session) == Closing(1, ())
        assert await close_day(session) is None
        (root,), total = await repository.roots(session)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert (root.statement.day, root.statement.first, root.statement.last, total) == (yesterday, 1, 4, 1)


@pytest.mark.parametrize("count", [1, 2, 1023, 1024, 1025, 2500])
async def test_every_position_is_proven_against_the_root(database: Database, count: int) -> None:
    ids = await fill(database, count)
    while await seal_all(database):
        pass
    await close(database)
    asked = sorted({ids[0], ids[count // 2], ids[-1]})
    async with database.transaction() as session:
        proofs, (root,) = await prove(session, asked)
    for proof in proofs:
        reached = merkle.root_by_path(
            merkle.leaf_hash(canonical(proof.transaction)),
            index=proof.position - root.statement.first,
            size=root.statement.last - root.statement.first + 1,
            path=proof.path,
        )
        assert reached == root.statement.root
    assert json.loads(canonical(proofs[0].transaction))[0] == "qubix-ledger-1"
    assert await mismatches(database) == ()


async def test_what_has_no_root_yet_cannot_be_proven(database: Database) -> None:
    ids = await fill(database, 2)
    for _ in range(2):
        with pytest.raises(NotSealedYet):
            async with database.transaction() as session:
                await prove(session, ids)
        await seal_all(database)
    await close(database)
    more = await fill(database, 1)
    await seal_all(database)
    await close(database)
    async with database.transaction() as session:
        proofs, roots = await prove(session, [*ids, *more])
    assert [proof.root for proof in proofs] == [1, 1, 2]
    assert [root.statement.number for root in roots] == [1, 2]
