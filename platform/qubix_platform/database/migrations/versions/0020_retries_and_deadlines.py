"""Retries by cause, and deadlines.

Revision ID: 0020
Revises: 0019
"""

from qubix_platform.database.migrations.script import run_script

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_JOBS = """
alter table jobs
    add column retry jsonb not null default '{}',
    add column deadline timestamptz,
    drop constraint jobs_stop_cause_check,
    add constraint jobs_stop_cause_check check (stop_cause in ('OUT_OF_FUNDS', 'DEADLINE_MISSED'));
create index jobs_deadline on jobs (deadline)
    where deadline is not null and status in ('PENDING', 'ASSIGNED', 'RUNNING');
"""


def upgrade() -> None:
    run_script(_JOBS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
