"""What attempts were paid on their way is pending until a checkpoint covers it or they end well.

Revision ID: 0022
Revises: 0021
"""

from qubix_platform.database.migrations.script import run_script

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ACCOUNTS = """
alter table ledger_accounts drop constraint ledger_accounts_kind_check;
alter table ledger_accounts add constraint ledger_accounts_kind_check check (kind in (
    'wallet', 'escrow', 'pending', 'reservation', 'withdrawal', 'payout', 'fees', 'costs', 'chain', 'issuance'
));

create or replace function ledger_account(p_kind text, p_owner text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_id bigint;
begin
    select id into v_id from ledger_accounts where kind = p_kind and owner = p_owner;
    if v_id is not null then
        return v_id;
    end if;
    if p_kind not in ('wallet', 'escrow', 'pending', 'reservation', 'withdrawal', 'payout') then
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

# Of settled_seconds the pay of the first final_seconds is final, that of the rest is in the attempt's pending account,
# which holds pending_cost. What was settled before there was such an account is final.
_ATTEMPTS = """
alter table attempts
    add column final_seconds bigint not null default 0 check (final_seconds >= 0),
    add column pending_cost bigint not null default 0 check (pending_cost >= 0);
update attempts set final_seconds = settled_seconds where settled_seconds > 0;
alter table attempts
    add constraint attempts_final_within_settled check (final_seconds <= settled_seconds),
    add constraint attempts_pending_while_running check (pending_cost = 0 or status = 'RUNNING');
"""

# What a lost attempt gave back is written down with minus signs, beside what it was paid.
_SETTLEMENTS = """
alter table attempt_settlements
    add column is_returned boolean not null default false,
    drop constraint attempt_settlements_pkey,
    drop constraint attempt_settlements_charged_check,
    drop constraint attempt_settlements_provider_amount_check,
    drop constraint attempt_settlements_fee_check;
alter table attempt_settlements
    add primary key (attempt_id, through_seconds, is_returned),
    add constraint attempt_settlements_sign check (
        case when is_returned then greatest(charged, provider_amount, fee) <= 0
             else least(charged, provider_amount, fee) >= 0 end
    );
"""


def upgrade() -> None:
    for statements in (_ACCOUNTS, _ATTEMPTS, _SETTLEMENTS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
