"""What the application's role may do: everything to domain tables, nothing to the ledger but read it and post."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from qubix_platform.database.errors import DatabaseMisconfigured

LEDGER_TABLES: Final = (
    "ledger_accounts",
    "ledger_transactions",
    "ledger_entries",
    "ledger_seals",
    "ledger_roots",
)
_MIGRATION_TABLES: Final = ("alembic_version",)

_ROLES = text("""
    select exists (select from pg_roles where rolname = :app) as known,
           coalesce((select rolsuper or rolcreaterole or rolbypassrls from pg_roles where rolname = :app), false)
               as is_mighty,
           coalesce((select pg_has_role(oid, current_user, 'member') from pg_roles where rolname = :app), false)
               as is_owner
""")
_TABLES = text("""
    select quote_ident(c.relname) as ident, c.relname::text as name
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by c.relname
""")
# A SECURITY DEFINER function is a door that a migration opened on purpose; any other function is a trigger's.
_DOORS = text("""
    select p.oid::regprocedure::text from pg_proc p
     where p.pronamespace = 'public'::regnamespace and p.prosecdef and p.prorettype <> 'trigger'::regtype
""")


async def apply_grants(connection: AsyncConnection, *, app_role: str) -> None:
    """Give `app_role` what it needs in the database of `connection` and take away the rest. Twice is once.

    Args:
        connection: logged in as the owner, in a transaction.
        app_role: the role that the API and the scheduler log in as.

    Raises:
        DatabaseMisconfigured: the role does not exist, or is a superuser, or is the owner or a member of it.
    """
    await _check_role(connection, app_role)
    role = await _quoted(connection, app_role)
    database = await _quoted(
        connection, str((await connection.execute(text("select current_database()"))).scalar_one())
    )
    for statement in (
        f"revoke create, temporary on database {database} from public",
        "revoke create on schema public from public",
        "revoke all on all tables in schema public from public",
        "revoke execute on all functions in schema public from public",
        f"revoke all on all tables in schema public from {role}",
        f"revoke execute on all functions in schema public from {role}",
        f"grant connect on database {database} to {role}",
        f"grant usage on schema public to {role}",
        f"grant usage on all sequences in schema public to {role}",
        # Sessions that do not set their own limits (psql, a forgotten script) must not hold back the outbox for ever.
        f"alter database {database} set idle_in_transaction_session_timeout = '60s'",
        f"alter database {database} set lock_timeout = '30s'",
    ):
        await connection.exec_driver_sql(statement)
    for ident, name in (await connection.execute(_TABLES)).all():
        await connection.exec_driver_sql(f"grant {_rights(name)} on {ident} to {role}")
    for door in (await connection.execute(_DOORS)).scalars().all():
        await connection.exec_driver_sql(f"grant execute on function {door} to {role}")


def _rights(table: str) -> str:
    return "select" if table in LEDGER_TABLES + _MIGRATION_TABLES else "select, insert, update, delete"


async def _check_role(connection: AsyncConnection, app_role: str) -> None:
    known, is_mighty, is_owner = (await connection.execute(_ROLES, {"app": app_role})).one()
    if not known:
        obstacle, remedy = "there is no such role", f"Create it: CREATE ROLE {app_role} LOGIN PASSWORD '…'."
    elif is_mighty:
        obstacle = "it is a superuser or may make roles, so the ledger would not be safe from it"
        remedy = "Use a role of its own for the application: CREATE ROLE qubix_app LOGIN PASSWORD '…'."
    elif is_owner:
        obstacle = "it is the owner of the tables, or a member of the owner, so the ledger would not be safe from it"
        remedy = "Use two roles: one in DATABASE_OWNER_URL that owns the tables, another in DATABASE_URL that does not."
    else:
        return
    raise DatabaseMisconfigured(
        asked=f"Granting the application's rights to the role {app_role!r}", obstacle=obstacle, remedy=remedy
    )


async def _quoted(connection: AsyncConnection, name: str) -> str:
    return str((await connection.execute(text("select quote_ident(cast(:name as text))"), {"name": name})).scalar_one())
