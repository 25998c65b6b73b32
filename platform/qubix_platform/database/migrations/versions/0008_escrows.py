"""Escrows that are locked before there is a job, and withdrawals.

Revision ID: 0008
Revises: 0007
"""

from qubix_platform.database.migrations.script import run_script

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ESCROWS = """
create table escrows (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    source text not null check (source in ('balance', 'transfer')),
    amount bigint not null check (amount > 0),
    paid bigint not null default 0 check (paid between 0 and amount),
    status text not null check (status in (
        'AWAITING', 'LOCKED', 'USED', 'RELEASING', 'REFUNDING', 'RELEASED', 'REFUNDED'
    )),
    job_id uuid,
    provider_user_id uuid references users,
    provider_amount bigint not null default 0 check (provider_amount >= 0),
    refund_amount bigint not null default 0 check (refund_amount >= 0),
    address_id bigint references chain_addresses,
    payer text check (payer ~ '^[A-Z]{60}$'),
    idempotency_key text,
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (user_id, idempotency_key),
    check (source = 'balance' or (address_id is not null and payer is not null))
) with (fillfactor = 70);
create unique index escrows_job on escrows (job_id) where job_id is not null;
create index escrows_user on escrows (user_id, created_at desc);
create index escrows_waiting on escrows (expires_at) where status in ('AWAITING', 'LOCKED');
create index escrows_closing on escrows (id) where status in ('RELEASING', 'REFUNDING');
"""

_WITHDRAWALS = """
create table withdrawals (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    destination text not null check (destination ~ '^[A-Z]{60}$'),
    amount bigint not null check (amount > 0),
    transaction_id uuid references chain_transactions,
    idempotency_key text,
    resolution text,
    created_at timestamptz not null default now(),
    unique (user_id, idempotency_key)
);
create index withdrawals_user on withdrawals (user_id, created_at desc);
create index withdrawals_transaction on withdrawals (transaction_id);
"""


def upgrade() -> None:
    for statements in (_ESCROWS, _WITHDRAWALS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
