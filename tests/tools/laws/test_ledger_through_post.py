import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.ledger_through_post import LAW

SERVICE = "platform/qubix_platform/escrow/repository.py"
MIGRATION = "platform/qubix_platform/database/migrations/versions/0009_more.py"


@pytest.mark.parametrize(
    "statement",
    [
        "insert into ledger_entries (account_id, amount) values (1, 2)",
        "UPDATE ledger_accounts SET balance = 0",
        "delete from public.ledger_transactions",
        "truncate table ledger_entries",
        "MERGE INTO ledger_accounts USING x ON true",
    ],
)
def test_catches_a_write_of_its_tables(statement: str) -> None:
    assert offending_lines(LAW, SERVICE, f'await run("""\n{statement}""")') == [2]
    assert offending_lines(LAW, "platform/qubix_platform/ledger/functions.sql", f"\nbegin;\n{statement};") == [2]


def test_catches_a_write_by_its_models() -> None:
    text = """
        from sqlalchemy import insert
        from qubix_platform.ledger.models import LedgerEntry
        insert(LedgerEntry)
        session.add(LedgerEntry(amount=5))
    """
    assert offending_lines(LAW, SERVICE, text) == [3, 4]


def test_a_migration_may_define_functions_open_accounts_and_set_triggers() -> None:
    text = '''
        FUNCTIONS = """create function ledger_post() returns bigint language plpgsql as $$
        begin insert into ledger_entries values (1); end $$;"""
        OPEN = "insert into ledger_accounts (kind, owner) values ('fees', 'platform')"
        GUARD = "create trigger t before update or delete on ledger_entries execute function refuse()"
    '''
    assert offending_lines(LAW, MIGRATION, text) == []


def test_a_migration_may_not_move_money() -> None:
    assert offending_lines(LAW, MIGRATION, "op.execute('update ledger_accounts set balance = 7')") == [1]


def test_passes_a_posting_and_reads() -> None:
    text = """
        await run("select ledger_post($1, $2)")
        await run("select sum(amount) from ledger_entries")
    """
    assert offending_lines(LAW, SERVICE, text) == []
