"""Machines that are kept for who reserved them.

Revision ID: 0017
Revises: 0016
"""

from qubix_platform.database.migrations.script import run_script

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# Whoever reserves locks the machine's row first, and so does the booking: of the two the later one sees the other.
_BOOKING = """
create or replace function book_attempt() returns trigger language plpgsql as $$
begin
    update providers set allocated_cpu = allocated_cpu + new.cpu_cores,
                         allocated_memory_mib = allocated_memory_mib + new.memory_mib
     where id = new.provider_id;
    if exists (select from reservations r join jobs j on j.id = new.job_id
                where r.provider_id = new.provider_id and r.status = 'ACTIVE' and r.user_id <> j.user_id
                  and r.starts_at < clock_timestamp() + make_interval(secs => new.limit_seconds)
                  and r.ends_at > clock_timestamp()) then
        raise exception 'machine % is reserved for somebody else', new.provider_id using errcode = '23514';
    end if;
    return null;
end $$;
"""

# What the provider had of a reservation, net of the fee.
_EARNED = """
alter table reservations add column earned bigint not null default 0 check (earned >= 0);
update reservations r set earned = e.amount
  from (select t.ref, sum(e.amount)::bigint as amount
          from ledger_transactions t join ledger_entries e on e.transaction_id = t.id and e.cause = 'EARNING'
         where t.kind = 'RESERVATION' group by t.ref) e
 where e.ref = r.id::text;
"""


def upgrade() -> None:
    for statements in (_BOOKING, _EARNED):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
