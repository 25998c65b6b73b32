"""Looking at the market."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.providers import Offer, Provider
from qubix_platform.market import repository
from qubix_platform.market.query import OfferQuery
from qubix_platform.providers import view

CPU_ONLY = "CPU"
"""The model of an offer without a GPU."""


async def offers(session: AsyncSession, query: OfferQuery) -> tuple[list[Offer], int]:
    """A page of what is for rent, and how many offers match in all.

    An offer is available when its machine is online and not paused, and a card of it (a core where it has none) is
    free. Model and memory are those of its first card that fits the query.
    """
    rows, total = await repository.offers(session, query)
    return [_offer(row) for row in rows], total


async def providers(
    session: AsyncSession, query: OfferQuery, *, user_id: UUID | None = None
) -> tuple[list[Provider], int]:
    """A page of machines, and how many match in all. `user_id` sees what its own machines run and earned."""
    rows, total = await repository.providers(session, query, viewer=user_id)
    return [view.provider(row, is_owner=row.user_id == user_id) for row in rows], total


def _offer(row: Row[Any]) -> Offer:
    return Offer.model_validate(
        dict(row._mapping)
        | {
            "model": row.shown_model or CPU_ONLY,
            "vram": round((row.shown_vram_mib or 0) / 1024, 2),
            "price": row.price_per_hour,
            "provider": row.worker_id,
        }
    )
