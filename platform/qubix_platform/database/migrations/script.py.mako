"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision or "none"}
"""

from qubix_platform.database.migrations.script import run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None

_STATEMENTS = """
"""


def upgrade() -> None:
    run_script(_STATEMENTS)


def downgrade() -> None:
    raise NotImplementedError
