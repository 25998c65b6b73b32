"""Checkpoints of attempts.

Revision ID: 0009
Revises: 0008
"""

from qubix_platform.database.migrations.script import run_script

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# `files` names each file with its parts, in order; what they are is in the blobs. `number` counts within the attempt.
_CHECKPOINTS = """
create table checkpoints (
    id uuid primary key default gen_random_uuid(),
    job_id uuid not null references jobs,
    attempt_id uuid not null references attempts,
    attempt integer not null check (attempt > 0),
    number integer not null check (number > 0),
    taken_at timestamptz not null,
    stored_at timestamptz not null default clock_timestamp(),
    size bigint not null check (size >= 0),
    files jsonb not null,
    unique (attempt_id, number)
);
create index checkpoints_newest on checkpoints (job_id, attempt desc, number desc);
create table checkpoint_parts (
    checkpoint_id uuid not null references checkpoints on delete cascade,
    sha256 text not null references blobs,
    primary key (checkpoint_id, sha256)
);
create index checkpoint_parts_blob on checkpoint_parts (sha256);
"""

# resumed_from may name a checkpoint that was pruned since. resumed_seconds is how much of a lost attempt a later one
# went on from: so much of it was not lost, and is paid.
_ATTEMPTS = """
alter table attempts
    add column resumed_from uuid,
    add column resumed_seconds bigint not null default 0 check (resumed_seconds >= 0);
alter table jobs add column checkpoint_requested_at timestamptz;
"""

# Blobs that were part of a pruned checkpoint: removed unless something else needs them, or did lately.
_LEFTOVERS = """
alter table blobs add column used_at timestamptz not null default now();
create table checkpoint_leftovers (
    sha256 text primary key references blobs on delete cascade,
    since timestamptz not null default now()
);
create index checkpoint_leftovers_since on checkpoint_leftovers (since);
create index jobs_bundle on jobs ((spec ->> 'bundle_sha256')) where spec ->> 'bundle_sha256' is not null;
create index artifacts_blob on artifacts (sha256);
"""


def upgrade() -> None:
    for statements in (_CHECKPOINTS, _ATTEMPTS, _LEFTOVERS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
