"""Alembic's environment and the revisions. Run by `qubix_platform.database.migrate`."""
