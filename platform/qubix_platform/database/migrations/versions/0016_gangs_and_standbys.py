"""Several attempts of one job at a time: the workers of a gang, and one that stands by.

Revision ID: 0016
Revises: 0015
"""

from qubix_platform.database.migrations.script import run_script

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_JOBS = """
alter table jobs
    add column workers integer not null default 1 check (workers between 1 and 64),
    add column standby boolean not null default false,
    add constraint jobs_standby_of_one_worker check (workers = 1 or not standby);
"""

# Of each worker of a job at most one attempt lives, whoever assigned it, and beside it at most one that stands by.
# One that stands by holds its machine, but never runs, ends with a result or is paid: before that it has to take over.
# The workers of a gang share their attempt's number; one that stands by gets its own when it takes over.
_ATTEMPTS = """
alter table attempts
    add column rank integer not null default 0 check (rank between 0 and 63),
    add column is_standby boolean not null default false,
    add column ready_at timestamptz,
    add column result jsonb,
    add constraint attempts_standby_does_nothing
        check (not is_standby or (status in ('ASSIGNED', 'CANCELLED', 'LOST') and started_at is null and cost = 0));
alter table attempts drop constraint attempts_job_id_number_key;
create unique index attempts_number on attempts (job_id, number, rank) where not is_standby;
drop index attempts_one_live_per_job;
create unique index attempts_one_live_per_worker on attempts (job_id, rank, is_standby)
    where status in ('ASSIGNED', 'RUNNING');
create index jobs_wanting_standby on jobs (queued_at, id) where standby and status in ('ASSIGNED', 'RUNNING');
"""


def upgrade() -> None:
    for statements in (_JOBS, _ATTEMPTS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
