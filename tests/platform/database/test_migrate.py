"""Migrations, and what the application's role may and may not do afterwards."""

import asyncpg
import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError

from qubix_platform.database.embedded.roles import APP_ROLE, OWNER_ROLE
from qubix_platform.database.engine import create_engine
from qubix_platform.database.errors import DatabaseMisconfigured, DatabaseTooNew, DatabaseTooOld, DatabaseUnavailable
from qubix_platform.database.failures import sqlstate
from qubix_platform.database.migrate import current, migrate, newest, require_current
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from tests.platform.market_life import Market

INSUFFICIENT_PRIVILEGE = "42501"


def owner_url(settings: DatabaseSettings) -> URL:
    assert settings.owner_url is not None
    return settings.owner_url


async def as_owner(settings: DatabaseSettings, statement: str) -> None:
    engine = create_engine(owner_url(settings))
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def refusal(database: Database, statement: str) -> str | None:
    """The SQLSTATE that the application's role gets for `statement`."""
    with pytest.raises(DBAPIError) as refused:
        async with database.transaction() as session:
            await session.execute(text(statement))
    return sqlstate(refused.value)


async def test_migrating_twice_changes_nothing(database_settings: DatabaseSettings) -> None:
    assert await current(database_settings.app_url) == newest()
    assert await migrate(owner_url(database_settings), app_role=APP_ROLE) == newest()
    await require_current(database_settings.app_url)


async def test_what_runs_when_disk_begins_to_be_booked_is_booked(
    database_settings: DatabaseSettings, database: Database
) -> None:
    market = Market(database)
    full, roomy = await market.machine(), await market.machine()
    for machine in (full, roomy):
        await market.assign(await market.job(await market.consumer()), machine)
    for statement in (
        "alter table attempts drop column disk_mib",
        "alter table providers drop column allocated_disk_mib",
        f"update providers set disk_mib = 1000 where id = '{full.id}'",
        "update alembic_version set version_num = '0033'",
    ):
        await as_owner(database_settings, statement)
    await migrate(owner_url(database_settings), app_role=APP_ROLE)
    async with database.transaction() as session:
        booked = await session.execute(text("select id, disk_mib, allocated_disk_mib from providers"))
        assert {(*row,) for row in booked} == {(full.id, 1_000, 1_000), (roomy.id, 500_000, 2_048)}


@pytest.mark.parametrize(
    "statement",
    [
        "insert into ledger_accounts (kind, owner) values ('wallet', 'thief')",
        "update ledger_accounts set balance = 1000000",
        "delete from ledger_accounts",
        "insert into ledger_transactions (key, fingerprint, kind, ref) values ('k', '\\x00', 'PAYMENT', 'r')",
        "insert into ledger_entries (transaction_id, account_id, amount, cause) values (1, 1, 5, 'c')",
        "update ledger_entries set amount = 1",
        "truncate ledger_entries, ledger_transactions",
        "alter table ledger_entries disable trigger all",
        "drop table ledger_entries",
        "create or replace function ledger_refuse_change() returns trigger language sql as 'select null'",
        "create table mine (id int)",
        "create schema mine",
        "create temporary table mine (id int)",
        "update alembic_version set version_num = '9999'",
        f"set role {OWNER_ROLE}",
        "alter role qubix_app superuser",
        "set session_replication_role = replica",
    ],
)
async def test_the_application_cannot_touch_the_ledger_or_the_schema(
    database_settings: DatabaseSettings, database: Database, statement: str
) -> None:
    # Rights of the database itself are not part of a template, so they are set on this copy.
    await migrate(owner_url(database_settings), app_role=APP_ROLE)
    assert await refusal(database, statement) == INSUFFICIENT_PRIVILEGE


async def test_the_application_is_neither_superuser_nor_owner(database: Database) -> None:
    async with database.transaction() as session:
        row = (
            await session.execute(
                text("""
                    select r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolbypassrls, r.rolreplication,
                           exists (select from pg_class where relowner = r.oid) as owns_tables,
                           pg_has_role(r.rolname, :owner, 'member') as is_owner
                      from pg_roles r where rolname = current_user
                """),
                {"owner": OWNER_ROLE},
            )
        ).one()
    assert not any(row)


async def test_the_application_reads_and_posts_to_the_ledger(database: Database) -> None:
    async with database.transaction() as session:
        wallet = (await session.execute(text("select ledger_account('wallet', 'someone')"))).scalar_one()
        balance = await session.execute(text("select balance from ledger_accounts where id = :id"), {"id": wallet})
        assert balance.scalar_one() == 0


async def test_every_domain_table_can_be_used(database: Database) -> None:
    async with database.transaction() as session:
        missing = await session.execute(
            text("""
                select relname from pg_class
                 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                   and relname not like 'ledger%' and relname <> 'alembic_version'
                   and not has_table_privilege(oid, 'select, insert, update, delete')
            """)
        )
        assert missing.scalars().all() == []


async def test_a_later_database_is_refused(database_settings: DatabaseSettings) -> None:
    await as_owner(database_settings, "update alembic_version set version_num = '9999'")
    with pytest.raises(DatabaseTooNew, match=r"9999.*later"):
        await migrate(owner_url(database_settings), app_role=APP_ROLE)
    with pytest.raises(DatabaseTooNew):
        await require_current(database_settings.app_url)


async def test_an_unmigrated_database_is_refused(database_settings: DatabaseSettings) -> None:
    await as_owner(database_settings, "delete from alembic_version")
    with pytest.raises(DatabaseTooOld, match="qubix admin migrate"):
        await require_current(database_settings.app_url)


@pytest.mark.parametrize(
    ("role", "obstacle"), [(OWNER_ROLE, "owner"), ("qubix_admin", "superuser"), ("nobody_knows", "no such role")]
)
async def test_unfit_application_roles_are_refused(
    database_settings: DatabaseSettings, role: str, obstacle: str
) -> None:
    with pytest.raises(DatabaseMisconfigured, match=obstacle):
        await migrate(owner_url(database_settings), app_role=role)


async def test_a_failing_migration_changes_nothing(database_settings: DatabaseSettings) -> None:
    await as_owner(database_settings, "delete from alembic_version")
    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate(owner_url(database_settings), app_role=APP_ROLE)
    assert await current(owner_url(database_settings)) is None


async def test_a_server_that_is_not_there_is_reported(database_settings: DatabaseSettings) -> None:
    with pytest.raises(DatabaseUnavailable, match="server runs"):
        await current(database_settings.app_url.update_query_dict({"host": "/nonexistent"}))
