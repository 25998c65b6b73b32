"""Reliability by what machines have to answer for.

Revision ID: 0012
Revises: 0011
"""

from qubix_platform.database.migrations.script import run_script

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# A machine fails an attempt that it lost or could not run. What was taken back before it began says nothing of it.
_BY_CAUSE = """
create or replace function release_attempt() returns trigger language plpgsql as $$
declare
    failed constant boolean := new.status = 'LOST' or new.cause is not distinct from 'PLATFORM_ERROR';
    unbegun constant boolean := new.status = 'CANCELLED' and new.started_at is null;
begin
    -- The machine first, then its cards: the order of everybody who locks both.
    update providers set allocated_cpu = allocated_cpu - new.cpu_cores,
                         allocated_memory_mib = allocated_memory_mib - new.memory_mib,
                         completed_attempts = completed_attempts + (not failed and not unbegun)::int,
                         lost_attempts = lost_attempts + failed::int
     where id = new.provider_id;
    update gpus g set allocated_milli = g.allocated_milli - a.milli
      from attempt_gpus a where a.attempt_id = new.id and g.id = a.gpu_id;
    return null;
end $$;
"""

_COUNT_ANEW = """
with ended as (
    select provider_id,
           count(*) filter (where status = 'LOST' or cause is not distinct from 'PLATFORM_ERROR') as failed,
           count(*) filter (where status <> 'LOST' and cause is distinct from 'PLATFORM_ERROR'
                                  and not (status = 'CANCELLED' and started_at is null)) as completed
      from attempts where status not in ('ASSIGNED', 'RUNNING') group by provider_id
)
update providers p set completed_attempts = ended.completed, lost_attempts = ended.failed
  from ended where ended.provider_id = p.id;
"""


def upgrade() -> None:
    for statements in (_BY_CAUSE, _COUNT_ANEW):
        run_script(statements)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
