"""Signing in by wallet: challenges, wallets, sessions, scopes of keys.

Revision ID: 0005
Revises: 0004
"""

from qubix_platform.database.migrations.script import run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = """
create table wallet_challenges (
    nonce text primary key check (nonce ~ '^[0-9a-f]{32}$'),
    qubic_address text not null check (qubic_address ~ '^[A-Z]{60}$'),
    domain text not null,
    message text not null,
    issued_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index wallet_challenges_address on wallet_challenges (qubic_address, issued_at desc);
create index wallet_challenges_age on wallet_challenges (expires_at);

create table wallet_sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references users,
    format text not null check (format in ('extension', 'walletconnect', 'devnet')),
    prefix text not null,
    token_hash bytea not null unique,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    last_used_at timestamptz,
    revoked_at timestamptz
);
create index wallet_sessions_user on wallet_sessions (user_id, created_at);

-- A key made before there were scopes may do what it could before.
alter table api_keys add column scopes text[] not null default array['read', 'jobs', 'provider', 'money']
    check (scopes <@ array['read', 'jobs', 'provider', 'money'] and cardinality(scopes) > 0);
"""


def upgrade() -> None:
    run_script(_TABLES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
