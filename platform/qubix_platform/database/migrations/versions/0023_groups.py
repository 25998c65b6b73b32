"""Groups of identical jobs, and the queue of items that they share.

Revision ID: 0023
Revises: 0022
"""

from qubix_platform.database.migrations.script import run_script

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# `template` is the request that each worker is made by. `key_id` is whose limits it keeps; what failed counts since
# `resumed_at`.
_GROUPS = """
create table job_groups (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    key_id uuid references api_keys,
    name text not null,
    template jsonb not null,
    request_key text,
    fingerprint bytea,
    status text not null default 'ACTIVE' check (status in ('ACTIVE', 'DRAINING', 'ENDED')),
    min_workers integer not null check (min_workers >= 0),
    max_workers integer not null check (max_workers >= 1 and max_workers >= min_workers),
    items_per_worker integer not null check (items_per_worker > 0),
    idle_seconds integer not null check (idle_seconds >= 0),
    max_tries integer not null check (max_tries > 0),
    surplus_since timestamptz,
    obstacle text,
    resumed_at timestamptz not null default clock_timestamp(),
    created_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    unique (user_id, request_key)
);
create index job_groups_user on job_groups (user_id, created_at desc, id);
create index job_groups_living on job_groups (id) where status <> 'ENDED';
create trigger job_groups_final before update of status on job_groups for each row
    when (old.status = 'ENDED') execute function keep_final_states();
"""

# An attempt holds one item at a time. `name` is the consumer's own: pushed twice, it is there once.
_ITEMS = """
create table group_items (
    id bigint generated always as identity primary key,
    group_id uuid not null references job_groups,
    name text not null,
    data jsonb not null,
    status text not null default 'QUEUED' check (status in ('QUEUED', 'TAKEN', 'DONE', 'FAILED', 'DROPPED')),
    tries integer not null default 0 check (tries >= 0),
    attempt_id uuid references attempts,
    result jsonb,
    error text,
    created_at timestamptz not null default clock_timestamp(),
    taken_at timestamptz,
    ended_at timestamptz,
    check (status <> 'TAKEN' or (attempt_id is not null and taken_at is not null)),
    check ((ended_at is not null) = (status in ('DONE', 'FAILED', 'DROPPED'))),
    unique (group_id, name)
);
create index group_items_queued on group_items (group_id, id) where status = 'QUEUED';
create unique index group_items_taken on group_items (attempt_id) where status = 'TAKEN';
create index group_items_ended on group_items (group_id, ended_at desc) where status = 'DONE';
create trigger group_items_final before update of status on group_items for each row
    when (old.status in ('DONE', 'FAILED', 'DROPPED')) execute function keep_final_states();
"""

# A worker that was asked to leave takes no more items.
_JOBS = """
alter table jobs
    add column group_id uuid references job_groups,
    add column asked_to_leave_at timestamptz;
create index jobs_group on jobs (group_id, created_at) where group_id is not null;
"""


def upgrade() -> None:
    for statements in (_GROUPS, _ITEMS, _JOBS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
