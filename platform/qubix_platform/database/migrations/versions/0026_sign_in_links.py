"""Signed-in links: single use, short-lived, stored as digests; the sessions that they open.

Revision ID: 0026
Revises: 0025
"""

from qubix_platform.database.migrations.script import run_script

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_LINKS = """
create table sign_in_links (
    token_hash bytea primary key,
    user_id uuid not null references users,
    session_until timestamptz,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz
);
create index sign_in_links_age on sign_in_links (expires_at);

alter table wallet_sessions
    drop constraint wallet_sessions_format_check,
    add constraint wallet_sessions_format_check check (format in ('extension', 'walletconnect', 'devnet', 'link'));
"""


def upgrade() -> None:
    run_script(_LINKS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
