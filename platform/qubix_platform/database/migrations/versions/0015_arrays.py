"""Arrays of jobs.

Revision ID: 0015
Revises: 0014
"""

from qubix_platform.database.migrations.script import run_script

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Elements beyond the first `at_once` are held back: one goes when another ends.
_ARRAYS = """
create table job_arrays (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    name text not null,
    first_index integer not null check (first_index >= 0),
    last_index integer not null check (last_index >= first_index),
    at_once integer not null check (at_once > 0),
    created_at timestamptz not null default clock_timestamp()
);
create index job_arrays_user on job_arrays (user_id, created_at desc, id);
alter table jobs
    add column array_id uuid references job_arrays,
    add column array_index integer,
    add constraint jobs_element_of_array check ((array_id is null) = (array_index is null)),
    add constraint jobs_array_index unique (array_id, array_index);
"""


def upgrade() -> None:
    run_script(_ARRAYS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
