"""What the platform does and sees on the Qubic chain.

Revision ID: 0006
Revises: 0005
"""

from qubix_platform.database.migrations.script import run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLES = """
select 1;
"""


def upgrade() -> None:
    run_script(_TABLES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
