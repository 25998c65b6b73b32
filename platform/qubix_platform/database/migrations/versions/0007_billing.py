"""Partial settlements, spending limits, reservations and spot bids.

Revision ID: 0007
Revises: 0006
"""

from qubix_platform.database.migrations.script import run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = """
select 1;
"""


def upgrade() -> None:
    run_script(_TABLES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
