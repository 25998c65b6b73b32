"""Sealing goes on past a transaction that was sealed and has been put to another place since.

Revision ID: 0024
Revises: 0023
"""

from qubix_platform.database.migrations.script import run_script

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# One row that somebody has altered must not stop the seals of all that follow: verification names it.
_SEAL = """
create or replace function ledger_seal(
    p_after bigint, p_transactions bigint[], p_leaves bytea[], p_chains bytea[]
) returns bigint
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
         where (t.xid, t.id) > (v_from_xid, v_from_id) and (t.xid, t.id) <= (v_to_xid, v_to_id)
           and not exists (select from ledger_seals s where s.transaction_id = t.id and s.position <= p_after))
       is distinct from p_transactions then
        raise exception 'seals leave nothing out and keep to the order (xid, id)' using errcode = '22023';
    end if;
    return p_after + cardinality(p_transactions);
end $$;
"""


def upgrade() -> None:
    run_script(_SEAL)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
