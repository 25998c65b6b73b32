"""Since when an attempt is the one that is to run.

Revision ID: 0019
Revises: 0018
"""

from qubix_platform.database.migrations.script import run_script

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# One that stood by was created long before it took over; only from then on it is late with its beginning.
_ATTEMPTS = "alter table attempts add column assigned_at timestamptz not null default clock_timestamp();"


def upgrade() -> None:
    run_script(_ATTEMPTS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
