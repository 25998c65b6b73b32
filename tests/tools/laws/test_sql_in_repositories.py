import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.sql_in_repositories import LAW

OFFENDERS = [
    "from sqlmodel import select\nselect(Job)",
    "from sqlalchemy import text as sql\nsql('now()')",
    "import sqlalchemy as sa\nsa.update(Job)",
    "from sqlalchemy.dialects.postgresql import insert\ninsert(Job)",
    "connection = pool()\nconnection.fetchrow('select id from jobs')",
    "JOBS = 1\nQUERY = 'UPDATE jobs SET queued_at = now()'",
    "JOBS = 1\nQUERY = ' select id, status\\n from jobs where id = $1'",
    "JOBS = 1\nQUERY = 'select pg_try_advisory_lock($1)'",
    "JOBS = 1\nQUERY = 'update jobs set queued_at = now()'",
    "table = 'jobs'\nquery = f'SELECT * FROM {table}'",
]


@pytest.mark.parametrize("text", OFFENDERS)
def test_catches_sql_in_a_service(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/jobs/service.py", text) == [2]
    assert offending_lines(LAW, "serve_app/qubix_serve/routers/jobs.py", text) == [2]


@pytest.mark.parametrize("text", OFFENDERS)
@pytest.mark.parametrize(
    "path",
    [
        "platform/qubix_platform/jobs/repository.py",
        "platform/qubix_platform/jobs/transition.py",
        "platform/qubix_platform/database/migrations/versions/0001_first.py",
        "platform/qubix_platform/events/reader.py",
        "tests/platform/jobs/test_service.py",
    ],
)
def test_allows_sql_where_it_belongs(path: str, text: str) -> None:
    assert offending_lines(LAW, path, text) == []


def test_passes_a_service_that_calls_its_repository() -> None:
    text = '''
        """Select the offers, then update set after set."""
        from qubix_platform.offers.repository import OfferRepository

        async def offers(repository: OfferRepository) -> list[str]:
            """SELECT in a docstring is prose."""
            print("Select a GPU from the list")
            print("select one, or update all")
            await repository.update(1)
            return await repository.select(kind="gpu")
    '''
    assert offending_lines(LAW, "platform/qubix_platform/offers/service.py", text) == []


def test_a_model_may_carry_sql_of_its_own_definition() -> None:
    text = "from sqlalchemy import select, text\nDEFAULT = text('now()')\nselect(Job)"
    assert offending_lines(LAW, "platform/qubix_platform/jobs/models.py", text) == [3]
