"""Machines put straight into the database in any state, and what a plain reading of a query says of them."""

import json
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.accounts import UserCreate
from qubix_platform.hardware.naming import models_meant
from qubix_platform.market.query import OfferQuery, SortKey
from qubix_platform.users import service as users

_PROVIDERS = text("""
    insert into providers (id, worker_id, user_id, name, type, trust, cpu_model, cpu_cores, ram_mib, location,
                           price_per_hour, isolation_level, fp32_tflops, simulated, verified, status, is_available,
                           allocated_cpu, completed_attempts, lost_attempts, removed_at, interconnect)
    select (m->>'id')::uuid, m->>'worker_id', :user_id, m->>'name', m->>'type', m->>'trust', m->>'cpu_model', 8, 1024,
           m->>'location', (m->>'price')::bigint, m->>'isolation', (m->>'tflops')::float8, (m->>'simulated')::boolean,
           (m->>'verified')::boolean, m->>'status', (m->>'is_available')::boolean, (m->>'allocated_cpu')::integer,
           (m->>'completed')::integer, (m->>'lost')::integer, case when (m->>'removed')::boolean then now() end,
           m->>'interconnect'
      from jsonb_array_elements(cast(cast(:machines as text) as jsonb)) m
""")
_NOT_PLACED = UUID(int=0)
_GPUS = text("""
    insert into gpus (provider_id, index, uuid, model, vram_mib, allocated_milli, is_present)
    select (m->>'id')::uuid, (g.position - 1)::integer, gen_random_uuid()::text, g.card->>'model',
           (g.card->>'vram_mib')::integer, (g.card->>'allocated_milli')::integer, (g.card->>'is_present')::boolean
      from jsonb_array_elements(cast(cast(:machines as text) as jsonb)) m,
           jsonb_array_elements(m->'cards') with ordinality as g (card, position)
""")


@dataclass(frozen=True)
class Card:
    """A GPU of a machine."""

    model: str = "RTX 4090"
    vram_mib: int = 24_564
    allocated_milli: int = 0
    is_present: bool = True


@dataclass(frozen=True)
class Stall:
    """A machine on the market."""

    worker_id: str = "worker"
    name: str = "A machine"
    cards: tuple[Card, ...] = (Card(),)
    type: str = "NATIVE"
    trust: str = "guest"
    cpu_model: str = "EPYC"
    location: str | None = None
    price: int = 100
    isolation: str = "bwrap"
    interconnect: str | None = None
    tflops: float | None = None
    simulated: bool = False
    verified: bool = True
    status: str = "ONLINE"
    is_available: bool = True
    allocated_cpu: int = 0
    completed: int = 0
    lost: int = 0
    removed: bool = False
    id: UUID = _NOT_PLACED

    @property
    def present(self) -> list[Card]:
        """Cards that the machine has now."""
        return [card for card in self.cards if card.is_present]

    @property
    def available(self) -> bool:
        """Whether something of it can be rented now."""
        free = any(card.allocated_milli == 0 for card in self.present) if self.present else self.allocated_cpu < 8
        return self.status == "ONLINE" and self.is_available and free


async def open_market(session: AsyncSession, stalls: list[Stall]) -> list[Stall]:
    """Clear the market and put these machines on it; with their ids."""
    await session.execute(text("delete from gpus"))
    await session.execute(text("delete from providers"))
    user = await users.create(session, UserCreate(username=f"user-{uuid4()}"))
    placed = [replace(stall, id=uuid4(), worker_id=f"{stall.worker_id}-{i}") for i, stall in enumerate(stalls)]
    machines = json.dumps([_as_json(stall) for stall in placed])
    await session.execute(_PROVIDERS, {"machines": machines, "user_id": user.id})
    await session.execute(_GPUS, {"machines": machines})
    return placed


def _as_json(stall: Stall) -> dict[str, object]:
    return vars(stall) | {"id": str(stall.id), "cards": [vars(card) for card in stall.cards]}


def expected(stalls: list[Stall], query: OfferQuery) -> list[Stall]:
    """Every machine that matches, in order: the query's documentation, read machine by machine."""
    return sorted(
        (stall for stall in stalls if matches(stall, query)),
        key=lambda stall: (
            (key := sort_key(stall, query.sort)) is None,
            0 if key is None else key * query.direction,
            stall.id,
        ),
    )


def sort_key(stall: Stall, sort: SortKey) -> float | None:
    """What a machine is ordered by."""
    match sort:
        case SortKey.PRICE:
            return stall.price
        case SortKey.PERFORMANCE:
            return stall.tflops
        case SortKey.PRICE_PER_PERFORMANCE:
            return None if stall.tflops is None else stall.price / stall.tflops
        case SortKey.AVAILABILITY:
            free = sum(card.allocated_milli == 0 for card in stall.present)
            return free if stall.available else -1


def matches(stall: Stall, query: OfferQuery) -> bool:
    """Whether a machine is what the query asks for."""
    order = ["none", "bwrap", "bwrap+cgroup", "gvisor", "vm"]
    words = " ".join(
        [stall.name, stall.worker_id, stall.location or "", stall.cpu_model, *(card.model for card in stall.present)]
    ).lower()
    return all(
        (
            not stall.removed,
            fits_cards(stall, query),
            query.availability == "all" or stall.available,
            query.max_price is None or stall.price <= query.max_price,
            not query.locations or (stall.location or "").lower() in [place.lower() for place in query.locations],
            (stall.completed + 1) / (stall.completed + stall.lost + 1) >= query.min_reliability,
            order.index(stall.isolation) >= order.index(query.isolation.value),
            query.interconnect is None or stall.interconnect in {"nvlink", query.interconnect.value},
            query.trust is None or stall.trust == query.trust.value,
            query.type is None or stall.type == query.type.value,
            query.simulated is None or stall.simulated is query.simulated,
            query.verified is None or stall.verified is query.verified,
            all(word.lower() in words for word in query.search.split()),
        )
    )


def fits_cards(stall: Stall, query: OfferQuery) -> bool:
    """Whether a machine has enough cards of what is asked for."""
    if not (query.models or query.min_vram_mib or query.gpu_count):
        return True
    names = {name.lower() for wanted in query.models for name in models_meant(wanted)}
    fitting = [
        card
        for card in stall.present
        if (not names or card.model.lower() in names)
        and card.vram_mib >= query.min_vram_mib
        and (query.availability == "all" or card.allocated_milli == 0)
    ]
    return len(fitting) >= max(1, query.gpu_count)
