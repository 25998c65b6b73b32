"""How a revision runs SQL."""

from typing import Any

from alembic import op


def run_script(sql: str) -> None:
    """Run SQL of any number of statements as it stands: no bind parameters, no escaping, no splitting.

    asyncpg prepares what SQLAlchemy sends, and a prepared statement holds a single command. This takes the simple query
    protocol instead, inside the transaction that the migration already runs in.
    """
    connection: Any = op.get_bind().connection.dbapi_connection
    connection.run_async(lambda driver_connection: driver_connection.execute(sql))
