"""Checkpoints that their owners keep.

Revision ID: 0025
Revises: 0024
"""

from qubix_platform.database.migrations.script import run_script

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

# One that is pinned is not pruned, neither by those that come after it nor with its job's end.
_PINNED = """
alter table checkpoints add column is_pinned boolean not null default false;
create index checkpoints_pinned on checkpoints (job_id) where is_pinned;
"""


def upgrade() -> None:
    run_script(_PINNED)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
