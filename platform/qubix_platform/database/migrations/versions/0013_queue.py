"""Priorities of jobs, and what users may have of the market.

Revision ID: 0013
Revises: 0012
"""

from qubix_platform.database.migrations.script import run_script

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# The scheduler reads the first jobs of each user and class, wherever they stand in the whole queue.
_JOBS = """
alter table jobs
    add column priority text not null default 'normal' check (priority in ('low', 'normal', 'high'));
drop index jobs_pending;
create index jobs_pending on jobs (user_id, priority, queued_at, id) where status = 'PENDING' and not is_held_back;
create index attempts_ended on attempts (ended_at) where ended_at is not null;
"""

# A user without a row has the weight of anybody, no quota and no high priority.
_QUOTAS = """
create table quotas (
    user_id uuid primary key references users,
    weight integer not null default 100 check (weight between 1 and 10000),
    max_gpus integer check (max_gpus >= 0),
    may_use_high boolean not null default false,
    updated_at timestamptz not null default now()
);
"""


def upgrade() -> None:
    for statements in (_JOBS, _QUOTAS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
