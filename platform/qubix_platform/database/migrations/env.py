"""Alembic's entry point: runs the revisions on the connection that `migrate` hands over, in its transaction."""

from alembic import context
from sqlalchemy import Connection

connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through qubix_platform.database.migrate, not through the alembic command")

context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
