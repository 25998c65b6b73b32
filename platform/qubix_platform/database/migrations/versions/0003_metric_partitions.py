"""Daily partitions of the metrics, made and dropped by the application through two functions of the owner's.

Revision ID: 0003
Revises: 0002
"""

from qubix_platform.database.migrations.script import run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A day's rows that came before its partition lie in the default one, and have to leave it before the partition can be
# attached; the lock keeps others from coming in between.
_FUNCTIONS = """
create function metrics_create_partitions(p_today date, p_days_ahead integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_parent text;
    v_day date;
    v_name text;
    v_from timestamptz;
    v_to timestamptz;
    v_made integer := 0;
begin
    if p_days_ahead not between 0 and 31 then
        raise exception 'partitions are made 0 to 31 days ahead, not %', p_days_ahead using errcode = '22023';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('qubix.metric_partitions', 0));
    foreach v_parent in array array['attempt_metrics', 'provider_metrics'] loop
        for v_day in select p_today + n from generate_series(0, p_days_ahead) n loop
            v_name := v_parent || to_char(v_day, '_YYYYMMDD');
            continue when to_regclass('public.' || v_name) is not null;
            v_from := v_day::timestamp at time zone 'UTC';
            v_to := (v_day + 1)::timestamp at time zone 'UTC';
            execute format('create table public.%I (like public.%I including defaults including constraints)',
                           v_name, v_parent);
            execute format('lock table public.%I in access exclusive mode', v_parent || '_default');
            execute format('with moved as (delete from public.%I where at >= %L and at < %L returning *) '
                           'insert into public.%I select * from moved',
                           v_parent || '_default', v_from, v_to, v_name);
            execute format('alter table public.%I attach partition public.%I for values from (%L) to (%L)',
                           v_parent, v_name, v_from, v_to);
            v_made := v_made + 1;
        end loop;
    end loop;
    return v_made;
end $$;

create function metrics_drop_partitions(p_today date, p_keep_days integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
    v_parent text;
    v_name text;
    v_first date := p_today - p_keep_days + 1;
    v_dropped integer := 0;
begin
    if p_keep_days < 1 or p_today > (now() at time zone 'UTC')::date + 1 then
        raise exception 'metrics of the last day are never dropped' using errcode = '22023';
    end if;
    perform pg_advisory_xact_lock(hashtextextended('qubix.metric_partitions', 0));
    foreach v_parent in array array['attempt_metrics', 'provider_metrics'] loop
        for v_name in
            select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
             where i.inhparent = ('public.' || v_parent)::regclass
               and c.relname ~ ('^' || v_parent || '_[0-9]{8}$')
               and to_date(right(c.relname, 8), 'YYYYMMDD') < v_first
        loop
            execute format('drop table public.%I', v_name);
            v_dropped := v_dropped + 1;
        end loop;
        execute format('delete from public.%I where at < %L', v_parent || '_default',
                       v_first::timestamp at time zone 'UTC');
    end loop;
    return v_dropped;
end $$;
"""

# A heartbeat changes last_heartbeat alone. Indexed, it could not be a heap-only update, and would write into every
# index of the table 200 times a second on a full market; the sweep that it served reads a thousand rows at most.
_HEARTBEATS = "drop index providers_live;"


def upgrade() -> None:
    run_script(_FUNCTIONS)
    run_script(_HEARTBEATS)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
