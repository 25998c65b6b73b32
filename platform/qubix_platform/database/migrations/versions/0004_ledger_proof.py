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

# Entries are written by ledger_post() alone, which has just looked up the account and made the transaction: a foreign
# key would look again, six times a posting, and lock the one row of the hot fee account each time. Verification looks
# for orphans. Only entries of hot accounts have no balance after them, and only those are ever folded.
_LIGHTER_ENTRIES = """
alter table ledger_entries drop constraint ledger_entries_transaction_id_fkey;
alter table ledger_entries drop constraint ledger_entries_account_id_fkey;
drop index ledger_entries_transaction;
alter table ledger_entries drop constraint ledger_entries_pkey;
alter table ledger_entries add primary key (transaction_id, id);
drop index ledger_entries_fold;
create index ledger_entries_fold on ledger_entries (account_id, xid) where balance_after is null;

create trigger ledger_accounts_stay before delete on ledger_accounts
    for each statement execute function ledger_refuse_change();
create trigger ledger_accounts_no_truncate before truncate on ledger_accounts
    for each statement execute function ledger_refuse_change();

create or replace function ledger_fold(p_account bigint) returns bigint
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
                                   where e.account_id = a.id and e.balance_after is null
                                     and e.xid >= a.folded_to and e.xid < v_horizon)
     where a.id = p_account and a.is_hot returning a.balance into v_balance;
    return v_balance;
end $$;
"""

# Transactions carry the number of the database transaction that wrote them: (xid, id) is the order of the seals.
_ORDER = """
alter table ledger_transactions add column xid xid8;
create function ledger_adopt_xids() returns void language plpgsql as $$
begin
    alter table ledger_transactions disable trigger ledger_transactions_append_only;
    update ledger_transactions t
       set xid = coalesce((select min(e.xid) from ledger_entries e where e.transaction_id = t.id), '3');
    alter table ledger_transactions enable trigger ledger_transactions_append_only;
end $$;
select ledger_adopt_xids();
drop function ledger_adopt_xids();
alter table ledger_transactions alter column xid set default pg_current_xact_id();
alter table ledger_transactions alter column xid set not null;
create index ledger_transactions_order on ledger_transactions (xid, id);
"""

# The fingerprint is of what the caller said, so that a posting alone and the same one in a batch are one. It
# stands in both functions: as a function of its own it costs each posting a twentieth.
_POST = """
drop function ledger_post(text, text, text, bigint[], bigint[], text[]);

create function ledger_open_accounts(p_account_kinds text[], p_owners text[]) returns void
language plpgsql as $$
declare v_missing record;
begin
    -- In one order everywhere, so that two transactions that open the same accounts wait for each other in a row.
    for v_missing in select distinct l.kind, l.owner from unnest(p_account_kinds, p_owners) l (kind, owner)
                      order by l.kind, l.owner loop
        perform ledger_account(v_missing.kind, v_missing.owner);
    end loop;
end $$;

create function ledger_post(
    p_key text, p_kind text, p_ref text,
    p_account_kinds text[], p_owners text[], p_amounts bigint[], p_causes text[]
) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_fingerprint bytea :=
        sha256(convert_to(row(p_kind, p_ref, p_account_kinds, p_owners, p_amounts, p_causes)::text, 'UTF8'));
    v_transaction bigint;
    v_known bytea;
    v_accounts bigint[];
    v_amounts bigint[];
    v_causes text[];
    v_sum numeric;
    v_account bigint;
    v_total bigint;
    v_balance bigint;
    v_counted bigint[];
    v_balances bigint[];
begin
    if cardinality(p_account_kinds) <> cardinality(p_owners) or cardinality(p_account_kinds) <> cardinality(p_amounts)
       or cardinality(p_account_kinds) <> cardinality(p_causes) then
        raise exception 'each leg needs an account, an amount and a cause' using errcode = '22023';
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
    for v_try in 1..2 loop
        select array_agg(a.id), array_agg(l.amount), array_agg(l.cause), sum(l.amount)
          into v_accounts, v_amounts, v_causes, v_sum
          from unnest(p_account_kinds, p_owners, p_amounts, p_causes) l (kind, owner, amount, cause)
          left join ledger_accounts a on a.kind = l.kind and a.owner = l.owner
         where l.amount <> 0;
        exit when array_position(v_accounts, null) is null;
        perform ledger_open_accounts(p_account_kinds, p_owners);
    end loop;
    if v_accounts is null then
        raise exception 'a posting moves something' using errcode = '22023';
    end if;
    if v_sum <> 0 then
        raise exception 'unbalanced: the legs of a posting must sum to zero' using errcode = '23514';
    end if;
    -- Row by row in the order of ids, so that nobody waits crosswise. This is faster than one statement for all.
    for v_account, v_total in
        select l.account_id, sum(l.amount) from unnest(v_accounts, v_amounts) l (account_id, amount)
         group by l.account_id order by l.account_id
    loop
        update ledger_accounts set balance = balance + v_total where id = v_account and not is_hot
            returning balance into v_balance;
        if found then
            v_counted := v_counted || v_account;
            v_balances := v_balances || v_balance;
        end if;
    end loop;
    insert into ledger_entries (transaction_id, account_id, amount, balance_after, cause)
    select v_transaction, l.account_id, l.amount, v_balances[array_position(v_counted, l.account_id)], l.cause
      from unnest(v_accounts, v_amounts, v_causes) l (account_id, amount, cause);
    return v_transaction;
end $$;
"""

# What one posting after the other would do, set by set. p_postings says which posting (from 1) a leg belongs to.
_POST_ALL = """
create function ledger_post_all(
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

    perform from ledger_accounts where id = any (v_accounts) and not is_hot order by id for no key update;

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

# What sealed a transaction, in the order (xid, id) of what is committed for good; and the roots of trees over seals.
_SEALS = """
create table ledger_seals (
    position bigint primary key,
    transaction_id bigint not null unique,
    xid xid8 not null,
    leaf bytea not null check (length(leaf) = 32),
    chain bytea not null check (length(chain) = 32),
    sealed_at timestamptz not null default now()
);
create trigger ledger_seals_append_only before update or delete on ledger_seals
    for each statement execute function ledger_refuse_change();
create trigger ledger_seals_no_truncate before truncate on ledger_seals
    for each statement execute function ledger_refuse_change();

create table ledger_roots (
    number integer primary key,
    day date not null,
    first_position bigint not null unique,
    last_position bigint not null unique check (last_position >= first_position),
    root bytea not null check (length(root) = 32),
    chain bytea not null check (length(chain) = 32),
    blocks bytea not null,
    closed_at timestamptz not null default now()
);
create trigger ledger_roots_append_only before update or delete on ledger_roots
    for each statement execute function ledger_refuse_change();
create trigger ledger_roots_no_truncate before truncate on ledger_roots
    for each statement execute function ledger_refuse_change();

create function ledger_seal(p_after bigint, p_transactions bigint[], p_leaves bytea[], p_chains bytea[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_last record;
    v_from_xid xid8 := '0';
    v_from_id bigint := 0;
    v_to_xid xid8;
    v_to_id bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('qubix.ledger_seal', 0));
    select position, xid, transaction_id into v_last from ledger_seals order by position desc limit 1;
    if found then
        v_from_xid := v_last.xid;
        v_from_id := v_last.transaction_id;
    end if;
    if coalesce(v_last.position, 0) <> p_after then
        raise exception 'the last seal is %, not %', coalesce(v_last.position, 0), p_after using errcode = '40001';
    end if;
    insert into ledger_seals (position, transaction_id, xid, leaf, chain)
    select p_after + s.position, t.id, t.xid, s.leaf, s.chain
      from unnest(p_transactions, p_leaves, p_chains) with ordinality s (transaction_id, leaf, chain, position)
      join ledger_transactions t on t.id = s.transaction_id order by s.position;
    select xid, transaction_id into v_to_xid, v_to_id from ledger_seals order by position desc limit 1;
    if v_to_xid >= pg_snapshot_xmin(pg_current_snapshot()) then
        raise exception 'sealed beyond the horizon' using errcode = '22023';
    end if;
    if (select array_agg(t.id order by t.xid, t.id) from ledger_transactions t
         where (t.xid, t.id) > (v_from_xid, v_from_id) and (t.xid, t.id) <= (v_to_xid, v_to_id))
       is distinct from p_transactions then
        raise exception 'seals leave nothing out and keep to the order (xid, id)' using errcode = '22023';
    end if;
    return p_after + cardinality(p_transactions);
end $$;

create function ledger_close_root(p_day date, p_last bigint, p_root bytea, p_chain bytea, p_blocks bytea)
returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_number integer;
begin
    perform pg_advisory_xact_lock(hashtextextended('qubix.ledger_seal', 0));
    insert into ledger_roots (number, day, first_position, last_position, root, chain, blocks)
    select coalesce(max(r.number), 0) + 1, p_day, coalesce(max(r.last_position), 0) + 1, s.position, p_root, p_chain,
           p_blocks
      from ledger_seals s left join ledger_roots r on true
     where s.position = p_last and s.chain = p_chain group by s.position
    returning number into v_number;
    if v_number is null then
        raise exception 'seal % is not there, or not the head of that chain', p_last using errcode = '22023';
    end if;
    return v_number;
end $$;
"""


def upgrade() -> None:
    for statements in (_KINDS, _LIGHTER_ENTRIES, _ORDER, _POST, _POST_ALL, _SEALS):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
