"""What the platform does and sees on the Qubic chain.

Revision ID: 0006
Revises: 0005
"""

from qubix_platform.database.migrations.script import run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ADDRESSES = """
create table chain_addresses (
    id bigint generated always as identity primary key,
    purpose text not null check (purpose in ('hot', 'treasury', 'deposit', 'escrow')),
    index bigint not null check (index >= 0),
    public_key bytea not null unique check (octet_length(public_key) = 32),
    identity text not null unique check (identity ~ '^[A-Z]{60}$'),
    is_ours boolean not null default true,
    owner uuid,
    assigned_at timestamptz,
    balance bigint not null default 0 check (balance >= 0),
    created_at timestamptz not null default now(),
    unique (purpose, index),
    unique (purpose, owner)
) with (fillfactor = 70);
create index chain_addresses_free on chain_addresses (purpose, id) where owner is null;
create index chain_addresses_filled on chain_addresses (id) where balance > 0;
"""

_TRANSACTIONS = """
create table chain_transactions (
    id uuid primary key default gen_random_uuid(),
    seq bigint generated always as identity,
    direction text not null check (direction in ('IN', 'OUT')),
    purpose text not null check (purpose in (
        'DEPOSIT', 'ESCROW', 'FUNDING', 'WITHDRAWAL', 'PAYOUT', 'RETURN', 'SWEEP', 'TREASURY', 'REFILL', 'ANCHOR',
        'UNKNOWN'
    )),
    ref text not null,
    user_id uuid references users,
    address_id bigint not null references chain_addresses,
    source text not null check (source ~ '^[A-Z]{60}$'),
    destination text not null check (destination ~ '^[A-Z]{60}$'),
    amount bigint not null check (amount > 0),
    network_fee bigint not null default 0 check (network_fee between 0 and amount),
    payments jsonb not null default '[]',
    input_type integer not null default 0,
    payload bytea not null default '',
    status text not null check (status in (
        'QUEUED', 'SIGNED', 'BROADCAST', 'SEEN', 'CONFIRMED', 'DROPPED', 'FAILED'
    )),
    tries integer not null default 0,
    not_before_tick bigint not null default 0,
    tick bigint,
    digest bytea,
    leg integer not null default 0,
    hash text,
    raw bytea,
    confirmations integer not null default 0 check (confirmations between 0 and 3),
    error text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint chain_transactions_signed check (
        status in ('QUEUED', 'FAILED') or (tick is not null and digest is not null)
    )
) with (fillfactor = 70);
-- Ours are signed in one way only, so the digest tells them apart before they have run. A payer can sign the same
-- payment twice with different nonces, and both run: what came in is told apart by its id, which covers the signature.
create unique index chain_transactions_made on chain_transactions (digest) where direction = 'OUT';
create unique index chain_transactions_seen on chain_transactions (hash, leg) where direction = 'IN';
create index chain_transactions_open on chain_transactions (seq)
    where status in ('QUEUED', 'SIGNED', 'BROADCAST', 'SEEN');
create index chain_transactions_ref on chain_transactions (ref, purpose);
create index chain_transactions_user on chain_transactions (user_id, seq desc) where user_id is not null;
create index chain_transactions_address on chain_transactions (address_id, tick);

-- Each step of each life; with every signature that was ever made.
create table chain_transaction_events (
    id bigint generated always as identity primary key,
    transaction_id uuid not null references chain_transactions,
    status text not null,
    tick bigint,
    hash text,
    digest bytea,
    error text,
    created_at timestamptz not null default clock_timestamp()
);
create index chain_transaction_events_transaction on chain_transaction_events (transaction_id, id);
create index chain_transaction_events_digest on chain_transaction_events (digest) where status = 'SIGNED';

-- What each confirmed transaction did to each address of ours: the sum is the address's balance.
create table chain_movements (
    id bigint generated always as identity primary key,
    address_id bigint not null references chain_addresses,
    transaction_id uuid not null references chain_transactions,
    tick bigint not null,
    amount bigint not null check (amount <> 0),
    unique (transaction_id, address_id)
);
create index chain_movements_address on chain_movements (address_id, tick);
"""

_STATE = """
-- One row: how far the ticks were read, and when the network was heard last.
create table chain_cursor (
    id boolean primary key default true check (id),
    last_tick bigint not null,
    network_tick bigint not null,
    heard_at timestamptz not null default now()
);

create table chain_halts (
    id bigint generated always as identity primary key,
    reason text not null,
    transactions jsonb not null default '[]',
    raised_at timestamptz not null default now(),
    cleared_at timestamptz,
    cleared_reason text,
    check ((cleared_at is null) = (cleared_reason is null))
);
create unique index chain_halts_open on chain_halts ((true)) where cleared_at is null;
"""


def upgrade() -> None:
    for statements in (_ADDRESSES, _TRANSACTIONS, _STATE):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
