"""Postings whose statements are planned once for each connection, and accounts that are locked in the order of names.

Revision ID: 0021
Revises: 0020
"""

from qubix_platform.database.migrations.script import run_script

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# Whoever opens or locks several accounts does it in the order of (kind, owner): one order for what is there and for
# what comes into being, so that nobody waits crosswise.
_OPEN_ACCOUNTS = """
create or replace function ledger_open_accounts(p_account_kinds text[], p_owners text[]) returns void
language plpgsql as $$
declare
    v_named record;
    v_account bigint;
begin
    for v_named in select distinct l.kind, l.owner from unnest(p_account_kinds, p_owners) l (kind, owner)
                    order by l.kind, l.owner loop
        v_account := ledger_account(v_named.kind, v_named.owner);
        perform from ledger_accounts where id = v_account and not is_hot for no key update;
    end loop;
end $$;
"""

# No statement joins the legs to a table: the server would believe that a plan for just so many legs pays, and plan
# anew at each call, which took as long as all the rest. The update finds the account, locks it and counts.
# Accounts of the platform's four kinds are hot and take entries only; no others are.
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
    v_amount bigint;
    v_sum numeric := 0;
    v_kind text;
    v_owner text;
    v_total bigint;
    v_own_legs bigint[];
    v_leg bigint;
    v_account bigint;
    v_balance bigint;
    v_accounts bigint[] := array_fill(null::bigint, array[v_legs]);
    v_balances bigint[] := v_accounts;
begin
    if v_legs <> cardinality(p_account_kinds) or v_legs <> cardinality(p_owners) or v_legs <> cardinality(p_causes) then
        raise exception 'each leg needs an account, an amount and a cause' using errcode = '22023';
    end if;
    foreach v_amount in array p_amounts loop
        v_sum := v_sum + v_amount;
    end loop;
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
    for v_kind, v_owner, v_total, v_own_legs in
        select l.kind, l.owner, sum(l.amount), array_agg(l.leg)
          from unnest(p_account_kinds, p_owners, p_amounts) with ordinality l (kind, owner, amount, leg)
         where l.amount <> 0 group by l.kind, l.owner order by l.kind, l.owner
    loop
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
        foreach v_leg in array v_own_legs loop
            v_accounts[v_leg] := v_account;
            v_balances[v_leg] := v_balance;
        end loop;
    end loop;
    insert into ledger_entries (transaction_id, account_id, amount, balance_after, cause)
    select v_transaction, l.account_id, l.amount, l.balance_after, l.cause
      from unnest(v_accounts, p_amounts, v_balances, p_causes) l (account_id, amount, balance_after, cause)
     where l.amount <> 0;
    if not found then
        raise exception 'a posting moves something' using errcode = '22023';
    end if;
    return v_transaction;
end $$;
"""

# As before, but for the order in which it locks.
_POST_ALL = """
create or replace function ledger_post_all(
    p_keys text[], p_kinds text[], p_refs text[],
    p_postings integer[], p_account_kinds text[], p_owners text[], p_amounts bigint[], p_causes text[]
) returns bigint[]
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_fingerprints bytea[];
    v_accounts bigint[];
    v_new bigint[];
    v_new_keys text[];
    v_transactions bigint[];
    v_lowest bigint;
    v_other text;
begin
    if cardinality(p_keys) <> cardinality(p_kinds) or cardinality(p_keys) <> cardinality(p_refs)
       or cardinality(p_postings) <> cardinality(p_account_kinds) or cardinality(p_postings) <> cardinality(p_owners)
       or cardinality(p_postings) <> cardinality(p_amounts) or cardinality(p_postings) <> cardinality(p_causes) then
        raise exception 'each leg needs a posting, an account, an amount and a cause' using errcode = '22023';
    end if;
    if exists (select from unnest(p_postings, p_amounts) l (posting, amount) group by l.posting
                having sum(l.amount) <> 0) then
        raise exception 'unbalanced: the legs of a posting must sum to zero' using errcode = '23514';
    end if;
    if (select count(distinct l.posting) from unnest(p_postings, p_amounts) l (posting, amount)
         where l.amount <> 0 and l.posting between 1 and cardinality(p_keys)) <> cardinality(p_keys) then
        raise exception 'a posting moves something' using errcode = '22023';
    end if;

    select array_agg(
               sha256(convert_to(
                   row(p_kinds[f.posting], p_refs[f.posting], f.kinds, f.owners, f.amounts, f.causes)::text, 'UTF8'))
               order by f.posting)
      into v_fingerprints
      from (select l.posting, array_agg(l.kind order by l.position) as kinds,
                   array_agg(l.owner order by l.position) as owners,
                   array_agg(l.amount order by l.position) as amounts,
                   array_agg(l.cause order by l.position) as causes
              from unnest(p_postings, p_account_kinds, p_owners, p_amounts, p_causes) with ordinality
                   l (posting, kind, owner, amount, cause, position)
             group by l.posting) f;

    with added as (
        insert into ledger_transactions (key, fingerprint, kind, ref)
        select p.key, p.fingerprint, p.kind, p.ref
          from unnest(p_keys, v_fingerprints, p_kinds, p_refs) with ordinality p (key, fingerprint, kind, ref, position)
         order by p.position
            on conflict (key) do nothing returning id, key
    )
    select array_agg(id), array_agg(key) into v_new, v_new_keys from added;

    select array_agg(t.id order by p.position),
           min(p.key) filter (where t.fingerprint <> p.fingerprint)
      into v_transactions, v_other
      from unnest(p_keys, v_fingerprints) with ordinality p (key, fingerprint, position)
      join ledger_transactions t on t.key = p.key;
    if v_other is not null then
        raise exception 'idempotency key % was used with other content', v_other using errcode = '23505';
    end if;
    if v_new is null then
        return v_transactions;
    end if;

    for v_try in 1..2 loop
        select array_agg(a.id order by l.position) into v_accounts
          from unnest(p_account_kinds, p_owners) with ordinality l (kind, owner, position)
          left join ledger_accounts a on a.kind = l.kind and a.owner = l.owner;
        exit when array_position(v_accounts, null) is null;
        perform ledger_open_accounts(p_account_kinds, p_owners);
    end loop;

    perform from ledger_accounts where id = any (v_accounts) and not is_hot order by kind, owner for no key update;

    with fresh as (
        select n.id, min(p.position) as posting
          from unnest(v_new, v_new_keys) n (id, key)
          join unnest(p_keys) with ordinality p (key, position) on p.key = n.key group by n.id
    ), legs as (
        select f.id as transaction_id, f.posting, l.account_id, l.amount, l.cause, l.position
          from unnest(p_postings, v_accounts, p_amounts, p_causes) with ordinality
               l (posting, account_id, amount, cause, position)
          join fresh f on f.posting = l.posting where l.amount <> 0
    ), written as (
        insert into ledger_entries (transaction_id, account_id, amount, balance_after, cause)
        select l.transaction_id, l.account_id, l.amount,
               case when not a.is_hot
                    then a.balance + sum(l.amount) over (partition by l.account_id order by l.posting) end,
               l.cause
          from legs l join ledger_accounts a on a.id = l.account_id order by l.position
        returning balance_after
    ), counted as (
        update ledger_accounts a set balance = a.balance + t.amount
          from (select account_id, sum(amount)::bigint as amount from legs group by account_id) t
         where a.id = t.account_id and not a.is_hot
    )
    select min(balance_after) into v_lowest from written;
    if v_lowest < 0 then
        raise exception 'a posting of the batch takes an account below zero'
            using errcode = '23514', constraint = 'ledger_balance_not_negative';
    end if;
    return v_transactions;
end $$;
"""


def upgrade() -> None:
    for statements in (_OPEN_ACCOUNTS, _POST, _POST_ALL):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
