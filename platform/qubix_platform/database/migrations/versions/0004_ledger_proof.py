"""The ledger can be proven: kinds of account and transaction for cash, batches, seals and daily roots.

Revision ID: 0004
Revises: 0003
"""

from qubix_platform.database.migrations.script import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KINDS = """
alter table ledger_accounts drop constraint ledger_accounts_kind_check;
alter table ledger_accounts add constraint ledger_accounts_kind_check check (kind in (
    'wallet', 'escrow', 'reservation', 'withdrawal', 'payout', 'fees', 'costs', 'chain', 'issuance'
));
alter table ledger_transactions drop constraint ledger_transactions_kind_check;
alter table ledger_transactions add constraint ledger_transactions_kind_check check (kind in (
    'PAYMENT', 'EARNING', 'REFUND', 'ESCROW_LOCK', 'ESCROW_RELEASE',
    'DEPOSIT', 'WITHDRAWAL', 'SWEEP', 'RESERVATION', 'NETWORK_FEE', 'CORRECTION'
));

insert into ledger_accounts (kind, owner, can_overdraw, is_hot) values
    ('chain', 'deposits', true, true),
    ('chain', 'escrows', true, true),
    ('chain', 'hot', true, true),
    ('chain', 'treasury', true, true),
    ('costs', 'platform', true, true);

create or replace function ledger_account(p_kind text, p_owner text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_id bigint;
begin
    select id into v_id from ledger_accounts where kind = p_kind and owner = p_owner;
    if v_id is not null then
        return v_id;
    end if;
    if p_kind not in ('wallet', 'escrow', 'reservation', 'withdrawal', 'payout') then
        raise exception 'no account % of %', p_kind, p_owner using errcode = '23503';
    end if;
    insert into ledger_accounts (kind, owner) values (p_kind, p_owner) on conflict (kind, owner) do nothing
        returning id into v_id;
    if v_id is null then
        select id into v_id from ledger_accounts where kind = p_kind and owner = p_owner;
    end if;
    return v_id;
end $$;
"""


def upgrade() -> None:
    run_script(_KINDS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
