"""Jobs that wait for other jobs before they wait for a machine.

Revision ID: 0011
Revises: 0010
"""

from qubix_platform.database.migrations.script import run_script

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# A job that is held back is none of the scheduler's business yet. Jobs only run after jobs that were there before them,
# and what one runs after never changes: no cycle can be.
_DEPENDENCIES = """
alter table jobs add column is_held_back boolean not null default false;
create table job_dependencies (
    job_id uuid not null references jobs,
    after_job_id uuid not null references jobs,
    may_fail boolean not null default false,
    primary key (job_id, after_job_id),
    constraint job_dependencies_on_another check (job_id <> after_job_id)
);
create index job_dependencies_after on job_dependencies (after_job_id);
drop index jobs_pending;
create index jobs_pending on jobs (queued_at, id) where status = 'PENDING' and not is_held_back;
create index jobs_held_back on jobs (created_at, id) where status = 'PENDING' and is_held_back;
"""


def upgrade() -> None:
    run_script(_DEPENDENCIES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
