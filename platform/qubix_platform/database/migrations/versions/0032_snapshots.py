"""Snapshots of jobs' workspaces.

Revision ID: 0032
Revises: 0031
"""

from qubix_platform.database.migrations.script import run_script

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# A snapshot is kept as a checkpoint is, by content; no attempt goes on from it, and nobody is paid by it.
_SNAPSHOTS = """
alter table checkpoints add column is_snapshot boolean not null default false;
alter table jobs add column snapshot_requested_at timestamptz;
"""


def upgrade() -> None:
    run_script(_SNAPSHOTS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
