"""Postings that cost the database less: fewer statements, and checks that are read once for each connection.

Revision ID: 0027
Revises: 0026
"""

from qubix_platform.database.migrations.script import run_script

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# A table's check is parsed again for each statement that writes to the table, a domain's once.
_KINDS = """
create domain ledger_account_kind as text check (value in (
    'wallet', 'escrow', 'pending', 'reservation', 'withdrawal', 'payout', 'fees', 'costs', 'chain', 'issuance'
));
alter table ledger_accounts
    drop constraint ledger_accounts_kind_check,
    alter column kind type ledger_account_kind;
create domain ledger_transaction_kind as text check (value in (
    'PAYMENT', 'EARNING', 'REFUND', 'ESCROW_LOCK', 'ESCROW_RELEASE',
    'DEPOSIT', 'WITHDRAWAL', 'SWEEP', 'RESERVATION', 'NETWORK_FEE', 'CORRECTION'
));
alter table ledger_transactions
    drop constraint ledger_transactions_kind_check,
    alter column kind type ledger_transaction_kind;
"""

# Entries of one transaction need no groups.
_ZERO_SUM = """
create or replace function ledger_require_zero_sum() returns trigger language plpgsql as $$
declare
    v_first bigint;
    v_last bigint;
    v_sum numeric;
begin
    select min(transaction_id), max(transaction_id), sum(amount) into v_first, v_last, v_sum from added;
    if v_sum <> 0
       or (v_first <> v_last and exists (select from added group by transaction_id having sum(amount) <> 0)) then
        raise exception 'unbalanced: the entries of a transaction must sum to zero' using errcode = '23514';
    end if;
    return null;
end $$;
"""

# A posting has few legs: to put them in order here takes less than a statement that sorts does to begin.
_POST = """
create or replace function ledger_post(
    p_key text, p_kind text, p_ref text,
    p_account_kinds text[], p_owners text[], p_amounts bigint[], p_causes text[]
) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_fingerprint bytea :=
        sha256(convert_to(row(p_kind, p_ref, p_account_kinds, p_owners, p_amounts, p_causes)::text, 'UTF8'));
    v_legs integer := cardinality(p_amounts);
    v_transaction bigint;
    v_known bytea;
    v_sum numeric := 0;
    v_moving integer := 0;
    v_order integer[] := '{}';
    v_place integer;
    v_leg integer;
    v_next integer;
    v_kind text;
    v_owner text;
    v_total bigint := 0;
    v_first integer := 1;
    v_account bigint;
    v_balance bigint;
    v_accounts bigint[] := array_fill(null::bigint, array[v_legs]);
    v_balances bigint[] := v_accounts;
begin
    if v_legs <> cardinality(p_account_kinds) or v_legs <> cardinality(p_owners) or v_legs <> cardinality(p_causes) then
        raise exception 'each leg needs an account, an amount and a cause' using errcode = '22023';
    end if;
    -- v_order: the legs that move something, in the order of (kind, owner).
    for v_leg in 1..v_legs loop
        continue when p_amounts[v_leg] = 0;
        v_sum := v_sum + p_amounts[v_leg];
        v_moving := v_moving + 1;
        v_place := v_moving;
        while v_place > 1 and (p_account_kinds[v_order[v_place - 1]], p_owners[v_order[v_place - 1]])
                              > (p_account_kinds[v_leg], p_owners[v_leg]) loop
            v_order[v_place] := v_order[v_place - 1];
            v_place := v_place - 1;
        end loop;
        v_order[v_place] := v_leg;
    end loop;
    if v_moving = 0 then
        raise exception 'a posting moves something' using errcode = '22023';
    end if;
    if v_sum <> 0 then
        raise exception 'unbalanced: the legs of a posting must sum to zero' using errcode = '23514';
    end if;
    insert into ledger_transactions (key, fingerprint, kind, ref) values (p_key, v_fingerprint, p_kind, p_ref)
        on conflict (key) do nothing returning id into v_transaction;
    if v_transaction is null then
        select id, fingerprint into v_transaction, v_known from ledger_transactions where key = p_key;
        if v_known <> v_fingerprint then
            raise exception 'idempotency key % was used with other content', p_key using errcode = '23505';
        end if;
        return v_transaction;
    end if;
    -- Legs on one account stand side by side, from v_first on: they are counted together.
    for v_place in 1..v_moving loop
        v_leg := v_order[v_place];
        v_next := v_order[v_place + 1];
        v_kind := p_account_kinds[v_leg];
        v_owner := p_owners[v_leg];
        v_total := v_total + p_amounts[v_leg];
        continue when v_kind = p_account_kinds[v_next] and v_owner = p_owners[v_next];
        if v_kind in ('fees', 'costs', 'chain', 'issuance') then
            select id, null into v_account, v_balance from ledger_accounts
             where kind = v_kind and owner = v_owner and is_hot;
            if not found then
                raise exception 'no account % of %', v_kind, v_owner using errcode = '23503';
            end if;
        else
            update ledger_accounts set balance = balance + v_total
             where kind = v_kind and owner = v_owner and not is_hot returning id, balance into v_account, v_balance;
            if not found then
                v_account := ledger_account(v_kind, v_owner);
                update ledger_accounts set balance = balance + v_total where id = v_account and not is_hot
                    returning balance into v_balance;
            end if;
        end if;
        for v_same in v_first..v_place loop
            v_accounts[v_order[v_same]] := v_account;
            v_balances[v_order[v_same]] := v_balance;
        end loop;
        v_first := v_place + 1;
        v_total := 0;
    end loop;
    insert into ledger_entries (transaction_id, account_id, amount, balance_after, cause)
    select v_transaction, l.account_id, l.amount, l.balance_after, l.cause
      from (select unnest(v_accounts) as account_id, unnest(p_amounts) as amount, unnest(v_balances) as balance_after,
                   unnest(p_causes) as cause) l
     where l.amount <> 0;
    return v_transaction;
end $$;
"""


def upgrade() -> None:
    for statements in (_KINDS, _ZERO_SUM, _POST):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
