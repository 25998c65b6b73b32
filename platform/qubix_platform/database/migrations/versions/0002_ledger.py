"""The ledger: double entry, integer QU, append-only, posted to by functions of the database alone.

Revision ID: 0002
Revises: 0001
"""

from qubix_platform.database.migrations.script import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
create table ledger_accounts (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('wallet', 'escrow', 'fees', 'issuance')),
    owner text not null,
    balance bigint not null default 0,
    can_overdraw boolean not null default false,
    is_hot boolean not null default false,
    folded_to xid8 not null default '0',
    created_at timestamptz not null default now(),
    constraint ledger_balance_not_negative check (can_overdraw or balance >= 0),
    unique (kind, owner)
) with (fillfactor = 70);

create table ledger_transactions (
    id bigint generated always as identity primary key,
    key text not null unique,
    fingerprint bytea not null,
    kind text not null check (kind in ('PAYMENT', 'EARNING', 'REFUND', 'ESCROW_LOCK', 'ESCROW_RELEASE')),
    ref text not null,
    created_at timestamptz not null default now()
);
create index ledger_transactions_ref on ledger_transactions (ref);

create table ledger_entries (
    id bigint generated always as identity primary key,
    transaction_id bigint not null references ledger_transactions,
    account_id bigint not null references ledger_accounts,
    amount bigint not null check (amount <> 0),
    balance_after bigint,
    cause text not null,
    xid xid8 not null default pg_current_xact_id(),
    created_at timestamptz not null default now()
);
create index ledger_entries_account on ledger_entries (account_id, id);
create index ledger_entries_fold on ledger_entries (account_id, xid);
create index ledger_entries_transaction on ledger_entries (transaction_id);

insert into ledger_accounts (kind, owner, can_overdraw, is_hot) values
    ('fees', 'platform', false, true),
    ('issuance', 'development', true, true);
"""

_GUARDS = """
create function ledger_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the ledger is append-only: post a correcting transaction instead' using errcode = '42501';
end $$;
create trigger ledger_entries_append_only before update or delete on ledger_entries
    for each statement execute function ledger_refuse_change();
create trigger ledger_entries_no_truncate before truncate on ledger_entries
    for each statement execute function ledger_refuse_change();
create trigger ledger_transactions_append_only before update or delete on ledger_transactions
    for each statement execute function ledger_refuse_change();
create trigger ledger_transactions_no_truncate before truncate on ledger_transactions
    for each statement execute function ledger_refuse_change();

create function ledger_require_zero_sum() returns trigger language plpgsql as $$
begin
    if exists (select from added group by transaction_id having sum(amount) <> 0) then
        raise exception 'unbalanced: the entries of a transaction must sum to zero' using errcode = '23514';
    end if;
    return null;
end $$;
create trigger ledger_entries_zero_sum after insert on ledger_entries referencing new table as added
    for each statement execute function ledger_require_zero_sum();
"""

# SECURITY DEFINER: the application's role may call these and nothing else of the ledger, so there is no other way in.
_FUNCTIONS = """
create function ledger_account(p_kind text, p_owner text) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_id bigint;
begin
    select id into v_id from ledger_accounts where kind = p_kind and owner = p_owner;
    if v_id is not null then
        return v_id;
    end if;
    if p_kind not in ('wallet', 'escrow') then
        raise exception 'no account % of %', p_kind, p_owner using errcode = '23503';
    end if;
    insert into ledger_accounts (kind, owner) values (p_kind, p_owner) on conflict (kind, owner) do nothing
        returning id into v_id;
    if v_id is null then
        select id into v_id from ledger_accounts where kind = p_kind and owner = p_owner;
    end if;
    return v_id;
end $$;

create function ledger_post(
    p_key text, p_kind text, p_ref text, p_accounts bigint[], p_amounts bigint[], p_causes text[]
) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_transaction bigint;
    v_known bytea;
    v_fingerprint bytea := sha256(convert_to(row(p_kind, p_ref, p_accounts, p_amounts, p_causes)::text, 'UTF8'));
begin
    if cardinality(p_accounts) <> cardinality(p_amounts) or cardinality(p_accounts) <> cardinality(p_causes) then
        raise exception 'each leg needs an account, an amount and a cause' using errcode = '22023';
    end if;
    if (select coalesce(sum(amount), 0) from unnest(p_amounts) amount) <> 0 then
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
    perform from ledger_accounts where id = any (p_accounts) and not is_hot order by id for no key update;
    with legs as (
        select account_id, amount, cause, position
          from unnest(p_accounts, p_amounts, p_causes) with ordinality as l (account_id, amount, cause, position)
         where amount <> 0
    ), totals as (
        select account_id, sum(amount)::bigint as amount from legs group by account_id
    ), updated as (
        update ledger_accounts a set balance = a.balance + t.amount from totals t
         where a.id = t.account_id and not a.is_hot returning a.id, a.balance
    )
    insert into ledger_entries (transaction_id, account_id, amount, balance_after, cause)
    select v_transaction, l.account_id, l.amount, u.balance, l.cause
      from legs l left join updated u on u.id = l.account_id order by l.position;
    return v_transaction;
end $$;

-- Entries of a hot account are folded into its cached balance below the snapshot's horizon: all of it is finished
-- for good, so [folded_to, horizon) is folded exactly once, whatever the order of ids and commits.
create function ledger_fold(p_account bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_horizon xid8;
    v_balance bigint;
begin
    perform from ledger_accounts where id = p_account and is_hot for no key update;
    v_horizon := pg_snapshot_xmin(pg_current_snapshot());
    update ledger_accounts a
       set folded_to = v_horizon,
           balance = a.balance + (select coalesce(sum(e.amount), 0) from ledger_entries e
                                   where e.account_id = a.id and e.xid >= a.folded_to and e.xid < v_horizon)
     where a.id = p_account and a.is_hot returning a.balance into v_balance;
    return v_balance;
end $$;
"""


def upgrade() -> None:
    for statements in (_TABLES, _GUARDS, _FUNCTIONS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
