"""Users, providers, jobs, attempts, the outbox and what a runner reports.

Revision ID: 0001
Revises: none
"""

from qubix_platform.database.migrations.script import run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_PEOPLE = """
create table users (
    id uuid primary key default gen_random_uuid(),
    qubic_address text unique check (qubic_address ~ '^[A-Z]{60}$'),
    email text unique,
    username text unique,
    role text not null default 'BOTH' check (role in ('CONSUMER', 'PROVIDER', 'BOTH')),
    is_operator boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table api_keys (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    name text not null,
    prefix text not null,
    key_hash bytea not null unique,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index api_keys_user on api_keys (user_id);

create table join_tokens (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    token_hash bytea not null unique,
    trust text not null check (trust in ('member', 'guest')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    worker_id text
);
"""

_PROVIDERS = """
create table providers (
    id uuid primary key default gen_random_uuid(),
    worker_id text not null unique,
    user_id uuid not null references users,
    worker_token_hash bytea unique,
    qubic_address text,
    name text not null,
    type text not null check (type in ('BROWSER', 'NATIVE', 'RAY')),
    trust text not null check (trust in ('member', 'guest')),
    gpu_model text,
    gpu_vram_mib integer not null default 0,
    cpu_model text not null,
    cpu_cores integer not null check (cpu_cores > 0),
    ram_mib integer not null check (ram_mib > 0),
    disk_mib integer not null default 0 check (disk_mib >= 0),
    location text,
    price_per_hour bigint not null check (price_per_hour >= 0),
    isolation_level text not null check (isolation_level in ('vm', 'gvisor', 'bwrap+cgroup', 'bwrap', 'none')),
    benchmark jsonb,
    fp32_tflops double precision,
    labels jsonb not null default '{}',
    simulated boolean not null default false,
    verified boolean not null default true,
    agent_version text,
    agent_session uuid,
    ray_node_id text,
    status text not null default 'OFFLINE' check (status in ('ONLINE', 'DRAINING', 'OFFLINE')),
    is_available boolean not null default true,
    shunned_until timestamptz,
    allocated_cpu integer not null default 0,
    allocated_memory_mib integer not null default 0,
    completed_attempts integer not null default 0 check (completed_attempts >= 0),
    lost_attempts integer not null default 0 check (lost_attempts >= 0),
    reliability double precision not null
        generated always as ((completed_attempts + 1.0) / (completed_attempts + lost_attempts + 1.0)) stored,
    uptime_seconds bigint not null default 0,
    registered_at timestamptz not null default now(),
    registered_seq bigint generated always as identity,
    last_heartbeat timestamptz,
    removed_at timestamptz,
    constraint providers_cpu_within_capacity check (allocated_cpu between 0 and cpu_cores),
    constraint providers_memory_within_capacity check (allocated_memory_mib between 0 and ram_mib)
) with (fillfactor = 70);
create index providers_user on providers (user_id);
create index providers_market on providers (price_per_hour, id) where removed_at is null;
create index providers_model on providers (gpu_model) where removed_at is null;
create index providers_live on providers (last_heartbeat) where status <> 'OFFLINE';

create table gpus (
    id bigint generated always as identity primary key,
    provider_id uuid not null references providers,
    index integer not null check (index between 0 and 63),
    uuid text not null,
    model text not null,
    vram_mib integer not null check (vram_mib >= 0),
    driver text,
    compute_capability text,
    pcie text,
    simulated boolean not null default false,
    is_present boolean not null default true,
    allocated_milli integer not null default 0,
    constraint gpus_share_within_card check (allocated_milli between 0 and 1000),
    unique (provider_id, index)
) with (fillfactor = 70);
"""

_JOBS = """
create table blobs (
    sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
    size bigint not null check (size >= 0),
    created_at timestamptz not null default now()
);
create table blob_owners (
    sha256 text not null references blobs,
    user_id uuid not null references users,
    primary key (sha256, user_id)
);

create table jobs (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    name text not null,
    model_type text not null check (model_type in ('script', 'command', 'function')),
    spec jsonb not null,
    resources jsonb not null,
    max_price bigint not null check (max_price >= 0),
    time_limit_seconds integer not null check (time_limit_seconds > 0),
    max_attempts integer not null check (max_attempts > 0),
    compute_needed double precision not null default 0,
    hold_amount bigint not null check (hold_amount >= 0),
    estimated_cost bigint not null check (estimated_cost >= 0),
    estimated_seconds double precision,
    actual_cost bigint check (actual_cost between 0 and hold_amount),
    status text not null default 'PENDING'
        check (status in ('PENDING', 'ASSIGNED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    progress double precision not null default 0 check (progress between 0 and 100),
    cause text,
    error text,
    result jsonb,
    waiting jsonb,
    unassignable_since timestamptz,
    cancel_requested_at timestamptz,
    current_attempt_id uuid,
    provider_id uuid references providers,
    attempts integer not null default 0,
    log_bytes bigint not null default 0,
    queued_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    started_at timestamptz,
    completed_at timestamptz
) with (fillfactor = 70);
create index jobs_user on jobs (user_id, created_at desc, id);
create index jobs_pending on jobs (queued_at, id) where status = 'PENDING';

create table attempts (
    id uuid primary key default gen_random_uuid(),
    job_id uuid not null references jobs,
    number integer not null check (number > 0),
    provider_id uuid not null references providers,
    status text not null default 'ASSIGNED'
        check (status in ('ASSIGNED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'LOST')),
    lease_expires_at timestamptz not null,
    cpu_cores integer not null check (cpu_cores > 0),
    memory_mib integer not null check (memory_mib > 0),
    price_per_hour bigint not null check (price_per_hour >= 0),
    progress double precision not null default 0 check (progress between 0 and 100),
    next_log_seq integer not null default 0,
    cause text,
    error text,
    exit_code integer,
    billable_seconds bigint not null default 0 check (billable_seconds >= 0),
    cost bigint not null default 0 check (cost >= 0),
    launched_at timestamptz,
    delivered_at timestamptz,
    created_at timestamptz not null default now(),
    started_at timestamptz,
    ended_at timestamptz,
    unique (job_id, number)
) with (fillfactor = 70);
create unique index attempts_one_live_per_job on attempts (job_id) where status in ('ASSIGNED', 'RUNNING');
create index attempts_live on attempts (provider_id) where status in ('ASSIGNED', 'RUNNING');
create index attempts_provider on attempts (provider_id, created_at desc);

create table attempt_gpus (
    attempt_id uuid not null references attempts,
    gpu_id bigint not null references gpus,
    milli integer not null check (milli between 1 and 1000),
    primary key (attempt_id, gpu_id)
);

create table idempotency_keys (
    user_id uuid not null references users,
    key text not null,
    fingerprint bytea not null,
    job_id uuid not null references jobs,
    created_at timestamptz not null default now(),
    primary key (user_id, key)
);
"""

_REPORTS = """
create table log_entries (
    job_id uuid not null references jobs,
    seq bigint not null,
    attempt_id uuid not null references attempts,
    attempt integer not null,
    stream text not null check (stream in ('stdout', 'stderr', 'system')),
    text text not null,
    at timestamptz not null,
    primary key (job_id, seq)
);

create table artifacts (
    job_id uuid not null references jobs,
    attempt_id uuid not null references attempts,
    path text not null,
    sha256 text not null references blobs,
    size bigint not null check (size >= 0),
    created_at timestamptz not null default now(),
    primary key (attempt_id, path)
);
create index artifacts_job on artifacts (job_id);

create table attempt_metrics (
    attempt_id uuid not null,
    job_id uuid not null,
    at timestamptz not null,
    cpu_percent real not null,
    memory_mib real not null,
    gpu_percent real,
    gpu_memory_mib real,
    gpu_temperature real
) partition by range (at);
create index attempt_metrics_job on attempt_metrics (job_id, at);
create table attempt_metrics_default partition of attempt_metrics default;

create table provider_metrics (
    provider_id uuid not null,
    at timestamptz not null,
    cpu_percent real not null,
    ram_percent real not null,
    gpu_percent real,
    gpu_temp real,
    gpu_mem_used_mb real
) partition by range (at);
create index provider_metrics_provider on provider_metrics (provider_id, at);
create table provider_metrics_default partition of provider_metrics default;

create table outbox (
    id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    type text not null,
    topics text[] not null,
    data jsonb not null,
    created_at timestamptz not null default now()
);
create index outbox_order on outbox (xid, id);
create index outbox_age on outbox (created_at);

create table scheduler_passes (
    id bigint generated always as identity primary key,
    decided_at timestamptz not null,
    policy jsonb not null,
    snapshot bytea not null,
    decisions bytea not null,
    pending integer not null,
    assigned integer not null,
    duration_us integer not null
);
"""

# What an attempt occupies is booked by the database itself, so that no path through the code can forget it, and so that
# an overlapping attempt is refused even if two schedulers ran.
_CAPACITY = """
create function book_attempt() returns trigger language plpgsql as $$
begin
    update providers set allocated_cpu = allocated_cpu + new.cpu_cores,
                         allocated_memory_mib = allocated_memory_mib + new.memory_mib
     where id = new.provider_id;
    return null;
end $$;
create trigger attempts_book after insert on attempts for each row execute function book_attempt();

create function book_gpu_share() returns trigger language plpgsql as $$
begin
    update gpus set allocated_milli = allocated_milli + new.milli where id = new.gpu_id;
    return null;
end $$;
create trigger attempt_gpus_book after insert on attempt_gpus for each row execute function book_gpu_share();

create function release_attempt() returns trigger language plpgsql as $$
begin
    -- The machine first, then its cards: the order of everybody who locks both.
    update providers set allocated_cpu = allocated_cpu - new.cpu_cores,
                         allocated_memory_mib = allocated_memory_mib - new.memory_mib,
                         completed_attempts = completed_attempts
                             + (new.status in ('COMPLETED', 'FAILED', 'CANCELLED'))::int,
                         lost_attempts = lost_attempts + (new.status = 'LOST')::int
     where id = new.provider_id;
    update gpus g set allocated_milli = g.allocated_milli - a.milli
      from attempt_gpus a where a.attempt_id = new.id and g.id = a.gpu_id;
    return null;
end $$;
create trigger attempts_release after update of status on attempts for each row
    when (old.status in ('ASSIGNED', 'RUNNING') and new.status not in ('ASSIGNED', 'RUNNING'))
    execute function release_attempt();

create function keep_final_states() returns trigger language plpgsql as $$
begin
    raise exception '% % is %, which is final', tg_table_name, old.id, old.status using errcode = '23514';
end $$;
create trigger jobs_final before update of status on jobs for each row
    when (old.status in ('COMPLETED', 'FAILED', 'CANCELLED') and new.status <> old.status)
    execute function keep_final_states();
create trigger attempts_final before update of status on attempts for each row
    when (old.status not in ('ASSIGNED', 'RUNNING') and new.status <> old.status)
    execute function keep_final_states();
"""


def upgrade() -> None:
    for statements in (_PEOPLE, _PROVIDERS, _JOBS, _REPORTS, _CAPACITY):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
