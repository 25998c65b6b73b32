"""The market's one query."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Interconnect, IsolationLevel
from qubix_platform.hardware.naming import models_meant
from qubix_platform.market.query import OfferQuery
from qubix_platform.providers.repository import COLUMNS, EARNED

# Cards are read one machine at a time, by index: without statistics the planner would group all of them for
# each machine. `shown_model` is the first card that fits what was asked for: a machine may hold several kinds.
_PAGE = """
    with looked_at as (
        select p.*, m.*,
               p.status = 'ONLINE' and p.is_available
               and case when m.gpu_count > 0 then m.free_gpus > 0 else p.allocated_cpu < p.cpu_cores end as available,
               case when p.fp32_tflops > 1e-6 then p.price_per_hour / p.fp32_tflops end as price_per_tflop
          from providers p
         cross join lateral (
               select count(*) as gpu_count, count(*) filter (where c.is_free) as free_gpus,
                      count(*) filter (where c.fits) as fitting, string_agg(c.model, ' ') as models,
                      (array_agg(c.model order by c.index) filter (where c.fits))[1] as shown_model,
                      (array_agg(c.vram_mib order by c.index) filter (where c.fits))[1] as shown_vram_mib
                 from (select g.index, g.model, g.vram_mib, g.allocated_milli = 0 as is_free,
                              (cast(:models as text[]) is null or lower(g.model) = any (
                                  select lower(name) from unnest(cast(:models as text[])) name))
                              and g.vram_mib >= :min_vram_mib
                              and (g.allocated_milli = 0 or not :only_available) as fits
                         from gpus g where g.provider_id = p.id and g.is_present) c) m
         where p.removed_at is null
    ), matching as (
        select l.id, l.gpu_count, l.free_gpus, l.shown_model, l.shown_vram_mib, l.available, l.price_per_tflop,
               case cast(:sort as text)
                   when 'price' then cast(l.price_per_hour as double precision)
                   when 'performance' then l.fp32_tflops
                   when 'pricePerPerformance' then l.price_per_tflop
                   when 'availability' then case when l.available then l.free_gpus else -1 end
               end as sort_key
          from looked_at l
         where (:least_cards = 0 or l.fitting >= :least_cards)
           and (l.available or not :only_available)
           and (cast(:max_price as bigint) is null or l.price_per_hour <= :max_price)
           and (cast(:locations as text[]) is null
                or lower(l.location) = any (select lower(place) from unnest(cast(:locations as text[])) place))
           and l.reliability >= :min_reliability
           and l.isolation_level = any (cast(:isolation_levels as text[]))
           and (cast(:interconnects as text[]) is null or l.interconnect = any (cast(:interconnects as text[])))
           and (cast(:trust as text) is null or l.trust = :trust)
           and (cast(:type as text) is null or l.type = :type)
           and (cast(:simulated as boolean) is null or l.simulated = :simulated)
           and (cast(:verified as boolean) is null or l.verified = :verified)
           and not exists (
               select from unnest(cast(:words as text[])) word
                where strpos(lower(concat_ws(' ', l.name, l.worker_id, l.location, l.cpu_model, l.models)),
                             lower(word)) = 0)
    ), page as (
        select * from matching
         order by sort_key is null, sort_key * :direction, id limit :limit offset :offset
    )
"""
_ORDER = "order by page.sort_key is null, page.sort_key * :direction, page.id"
_OFFERS = text(f"""
    {_PAGE}
    select total.n as total, page.*, p.worker_id, p.price_per_hour, p.cpu_cores, p.ram_mib, p.location, p.reliability,
           p.isolation_level, p.trust, p.type, p.simulated, p.verified, p.fp32_tflops, p.status,
           p.labels, p.interconnect,
           case when not page.available and p.is_available and p.status = 'ONLINE' then (
               select min(coalesce(a.started_at, a.created_at) + make_interval(secs => a.limit_seconds))
                 from attempts a
                where a.provider_id = p.id and a.status in ('ASSIGNED', 'RUNNING') and not a.is_standby)
           end as busy_until
      from (select count(*) as n from matching) total
      left join page on true left join providers p on p.id = page.id {_ORDER}
""")
_PROVIDERS = text(f"""
    {_PAGE}
    select total.n as total, {COLUMNS},
           case when p.user_id = cast(:viewer as uuid) then {EARNED} end as total_earnings
      from (select count(*) as n from matching) total
      left join page on true left join providers p on p.id = page.id {_ORDER}
""")


async def offers(session: AsyncSession, query: OfferQuery) -> tuple[Sequence[Row[Any]], int]:
    """A page of offers, and how many match in all."""
    return _split((await session.execute(_OFFERS, _parameters(query))).all())


async def providers(session: AsyncSession, query: OfferQuery, *, viewer: UUID | None) -> tuple[Sequence[Row[Any]], int]:
    """A page of machines, and how many match in all."""
    return _split((await session.execute(_PROVIDERS, _parameters(query) | {"viewer": viewer})).all())


def _split(rows: Sequence[Row[Any]]) -> tuple[Sequence[Row[Any]], int]:
    # The total stands in every row, and in one without an offer where the page is empty.
    return [row for row in rows if row.id is not None], rows[0].total


def _parameters(query: OfferQuery) -> dict[str, Any]:
    needs_gpu = bool(query.models or query.min_vram_mib or query.gpu_count)
    return {
        "models": [name for wanted in query.models for name in models_meant(wanted)] or None,
        "min_vram_mib": query.min_vram_mib,
        "least_cards": max(query.gpu_count, 1) if needs_gpu else 0,
        "only_available": query.availability == "available",
        "max_price": query.max_price,
        "locations": list(query.locations) or None,
        "min_reliability": query.min_reliability,
        "isolation_levels": [level.value for level in IsolationLevel if level.rank >= query.isolation.rank],
        "interconnects": query.interconnect
        and [each.value for each in Interconnect if each.rank >= query.interconnect.rank],
        "trust": query.trust and query.trust.value,
        "type": query.type and query.type.value,
        "simulated": query.simulated,
        "verified": query.verified,
        "words": query.search.split(),
        "sort": query.sort.value,
        "direction": query.direction,
        "limit": query.limit,
        "offset": query.offset,
    }
