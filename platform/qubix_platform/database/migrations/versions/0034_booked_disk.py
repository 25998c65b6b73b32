"""Disk is booked as processors and memory are.

Revision ID: 0034
Revises: 0033
"""

from qubix_platform.database.migrations.script import run_script

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

# Attempts that ended hold nothing. What those that live were promised may be more than their machine has: the last of
# them have booked what was left of it then, so that nothing of a machine is booked twice, now or once they end.
_DISK = """
alter table attempts add column disk_mib integer not null default 0 check (disk_mib >= 0);
alter table providers add column allocated_disk_mib integer not null default 0;
update attempts a set disk_mib = greatest(0, least(promised.mib, promised.whole - promised.before))
  from (select id, mib, whole, coalesce(sum(mib) over (partition by provider_id order by id
                                                       rows between unbounded preceding and 1 preceding), 0) as before
          from (select each.id, each.provider_id, coalesce((j.resources ->> 'diskMib')::integer, 0) as mib,
                       p.disk_mib as whole
                  from attempts each join jobs j on j.id = each.job_id join providers p on p.id = each.provider_id
                 where each.status in ('ASSIGNED', 'RUNNING')) living) promised
 where promised.id = a.id;
update providers p set allocated_disk_mib = held.mib
  from (select provider_id, sum(disk_mib)::integer as mib from attempts
         where status in ('ASSIGNED', 'RUNNING') group by provider_id) held
 where p.id = held.provider_id;
alter table providers add constraint providers_disk_within_capacity check (allocated_disk_mib between 0 and disk_mib);
"""

_BOOKING = """
create or replace function book_attempt() returns trigger language plpgsql as $$
begin
    update providers set allocated_cpu = allocated_cpu + new.cpu_cores,
                         allocated_memory_mib = allocated_memory_mib + new.memory_mib,
                         allocated_disk_mib = allocated_disk_mib + new.disk_mib
     where id = new.provider_id;
    if exists (select from reservations r join jobs j on j.id = new.job_id
                where r.provider_id = new.provider_id and r.status = 'ACTIVE' and r.user_id <> j.user_id
                  and r.starts_at < clock_timestamp() + make_interval(secs => new.limit_seconds)
                  and r.ends_at > clock_timestamp()) then
        raise exception 'machine % is reserved for somebody else', new.provider_id using errcode = '23514';
    end if;
    return null;
end $$;

create or replace function release_attempt() returns trigger language plpgsql as $$
declare
    failed constant boolean := new.status = 'LOST' or new.cause is not distinct from 'PLATFORM_ERROR';
    unbegun constant boolean := new.status = 'CANCELLED' and new.started_at is null;
begin
    -- The machine first, then its cards: the order of everybody who locks both.
    update providers set allocated_cpu = allocated_cpu - new.cpu_cores,
                         allocated_memory_mib = allocated_memory_mib - new.memory_mib,
                         allocated_disk_mib = allocated_disk_mib - new.disk_mib,
                         completed_attempts = completed_attempts + (not failed and not unbegun)::int,
                         lost_attempts = lost_attempts + failed::int
     where id = new.provider_id;
    update gpus g set allocated_milli = g.allocated_milli - a.milli
      from attempt_gpus a where a.attempt_id = new.id and g.id = a.gpu_id;
    return null;
end $$;
"""


def upgrade() -> None:
    for statements in (_DISK, _BOOKING):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
