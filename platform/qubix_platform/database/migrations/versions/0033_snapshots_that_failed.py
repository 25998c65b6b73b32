"""Why a snapshot that was asked for was not taken.

Revision ID: 0033
Revises: 0032
"""

from qubix_platform.database.migrations.script import run_script

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_FAILED = """
alter table jobs add column snapshot_failed_at timestamptz, add column snapshot_failure text,
    add constraint jobs_snapshot_failure check (
        (snapshot_failed_at is null) = (snapshot_failure is null)
        and (snapshot_failed_at is null or snapshot_requested_at is null));
"""


def upgrade() -> None:
    run_script(_FAILED)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
