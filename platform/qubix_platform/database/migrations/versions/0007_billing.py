"""Partial settlements, spending limits, reservations and spot bids.

Revision ID: 0007
Revises: 0006
"""

from qubix_platform.database.migrations.script import run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# An escrow is a thing of its own: a job's has the job's id, unless it was paid in before there was a job.
# hold_amount is all that was ever held for a job, settled_amount what was paid out of it while the job went on:
# as long as it goes on, its escrow holds the difference.
_JOBS = """
alter table jobs
    add column escrow_id uuid,
    add column settled_amount bigint not null default 0,
    add column settled_seconds bigint not null default 0 check (settled_seconds >= 0),
    add column key_id uuid,
    add column stop_cause text check (stop_cause = 'OUT_OF_FUNDS'),
    add column funds_end_at timestamptz,
    add constraint jobs_settled_within_hold check (settled_amount between 0 and hold_amount);
update jobs set escrow_id = id;
alter table jobs alter column escrow_id set not null, add constraint jobs_escrow unique (escrow_id);
create index jobs_spending on jobs (user_id, completed_at);

create function jobs_own_escrow() returns trigger language plpgsql as $$
begin
    new.escrow_id := new.id;
    return new;
end $$;
create trigger jobs_own_escrow before insert on jobs for each row
    when (new.escrow_id is null) execute function jobs_own_escrow();
"""

# What an attempt earned stands with the attempt: of several machines that ran a job, each was paid for its own time.
# limit_seconds is what was left of the job's time limit when the attempt began.
_ATTEMPTS = """
alter table attempts
    add column limit_seconds integer,
    add column settled_seconds bigint not null default 0 check (settled_seconds >= 0),
    add column earned bigint not null default 0 check (earned >= 0),
    add column preemption_noticed_at timestamptz;
update attempts a set limit_seconds = j.time_limit_seconds from jobs j where j.id = a.job_id;
alter table attempts alter column limit_seconds set not null;
update attempts a set earned = e.amount
  from (select t.ref, sum(e.amount)::bigint as amount
          from ledger_transactions t join ledger_entries e on e.transaction_id = t.id and e.cause = 'EARNING'
         where t.kind = 'ESCROW_RELEASE' group by t.ref) e
 where e.ref = a.job_id::text and a.cost > 0;

create table attempt_settlements (
    attempt_id uuid not null references attempts,
    through_seconds bigint not null check (through_seconds > 0),
    charged bigint not null check (charged >= 0),
    provider_amount bigint not null check (provider_amount >= 0),
    fee bigint not null check (fee >= 0),
    settled_at timestamptz not null default clock_timestamp(),
    primary key (attempt_id, through_seconds),
    check (charged = provider_amount + fee)
);
"""

_LIMITS = """
create table spending_limits (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    key_id uuid,
    per_job bigint check (per_job >= 0),
    per_day bigint check (per_day >= 0),
    total bigint check (total >= 0),
    updated_at timestamptz not null default now(),
    constraint spending_limits_subject unique nulls not distinct (user_id, key_id),
    check (num_nonnulls(per_job, per_day, total) > 0)
);
"""

_RESERVATIONS = """
create table reservations (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    key_id uuid,
    provider_id uuid not null references providers,
    price_per_hour bigint not null check (price_per_hour >= 0),
    discount_bps integer not null check (discount_bps between 0 and 10000),
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    prepaid bigint not null check (prepaid >= 0),
    settled_seconds bigint not null default 0 check (settled_seconds >= 0),
    settled_amount bigint not null default 0 check (settled_amount between 0 and prepaid),
    status text not null default 'ACTIVE' check (status in ('ACTIVE', 'ENDED', 'CANCELLED', 'FAILED')),
    created_at timestamptz not null default now(),
    closed_at timestamptz
);
create index reservations_user on reservations (user_id, created_at desc, id);
create index reservations_active on reservations (provider_id, starts_at) where status = 'ACTIVE';
"""


def upgrade() -> None:
    for statements in (_JOBS, _ATTEMPTS, _LIMITS, _RESERVATIONS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
