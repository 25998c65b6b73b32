"""A day of events is a large table: nothing that runs ten times a second may read all of it."""

import pytest

from qubix_platform.database.connection import connect
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.events import repository

FILL = """
    insert into outbox (type, topics, data, created_at)
    select 'JOB_PROGRESS', array['job:' || n], '{"n": 1}', now() - n * interval '1 s' from generate_series(1, 20000) n
"""


@pytest.mark.parametrize(
    ("query", "arguments"),
    [
        (repository._AFTER, ("5", 0, 500, None)),
        (repository._TAIL, ("5", 0)),
        (repository._BOUNDS, ()),
    ],
    ids=["after", "tail", "bounds"],
)
async def test_reading_goes_by_the_index(
    database_settings: DatabaseSettings, query: str, arguments: tuple[object, ...]
) -> None:
    assert database_settings.owner_url is not None
    connection = await connect(database_settings.owner_url)
    await connection.execute(FILL)
    await connection.execute("analyze outbox")
    plan = "\n".join(row[0] for row in await connection.fetch(f"explain {query}", *arguments))
    await connection.close()
    assert "outbox_order" in plan
    assert "Seq Scan" not in plan
