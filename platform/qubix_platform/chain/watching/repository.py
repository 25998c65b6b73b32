"""How far the ticks were read, when the network was heard, and whether payments are stopped."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

_BEGIN = text("""
    insert into chain_cursor (last_tick, network_tick) values (:tick, :tick) on conflict (id) do nothing
""")
_CURSOR = text("""
    select last_tick, network_tick, heard_at, heard_at > now() - interval '60 seconds' as is_fresh from chain_cursor
""")
# Two who read at once cannot both count the same tick.
_ADVANCE = text("update chain_cursor set last_tick = :to where last_tick = :expected returning last_tick")
_HEARD = text("update chain_cursor set network_tick = :tick, heard_at = clock_timestamp()")
_REWIND = text("update chain_cursor set last_tick = least(last_tick, :tick) returning last_tick")
_HALT = text("""
    insert into chain_halts (reason, transactions) values (:reason, cast(:transactions as jsonb))
    on conflict ((true)) where cleared_at is null do nothing returning id
""")
_HALTED = text("select id, reason, transactions, raised_at from chain_halts where cleared_at is null")
_RESUME = text("""
    update chain_halts set cleared_at = clock_timestamp(), cleared_reason = :reason
     where cleared_at is null returning id
""")


@dataclass(frozen=True)
class Cursor:
    """The last tick that was read, the network's own, and whether it was heard within the last minute."""

    last_tick: int
    network_tick: int
    heard_at: datetime
    is_fresh: bool


async def begin(session: AsyncSession, tick: int) -> None:
    """Where the platform is new: read from the next tick on. Nothing was ever sent to it before."""
    await session.execute(_BEGIN, {"tick": tick})


async def cursor(session: AsyncSession) -> Cursor | None:
    """How far the ticks were read; none before the first contact."""
    row = (await session.execute(_CURSOR)).one_or_none()
    return None if row is None else Cursor(row.last_tick, row.network_tick, row.heard_at, row.is_fresh)


async def advance(session: AsyncSession, *, expected: int, to: int) -> bool:
    """Note that the ticks up to `to` are read; False where somebody else read them."""
    return (await session.execute(_ADVANCE, {"expected": expected, "to": to})).scalar_one_or_none() is not None


async def heard(session: AsyncSession, tick: int) -> None:
    """The network is at this tick now."""
    await session.execute(_HEARD, {"tick": tick})


async def rewind(session: AsyncSession, tick: int) -> int:
    """Read again from the tick after this one; what is known is not counted twice."""
    return int((await session.execute(_REWIND, {"tick": tick})).scalar_one())


async def halt(session: AsyncSession, *, reason: str, transactions: Sequence[str]) -> bool:
    """Stop all payments; False where they are stopped already."""
    values = {"reason": reason, "transactions": json.dumps(list(transactions))}
    return (await session.execute(_HALT, values)).scalar_one_or_none() is not None


async def halted(session: AsyncSession) -> Row[Any] | None:
    """Why payments are stopped, where they are."""
    return (await session.execute(_HALTED)).one_or_none()


async def resume(session: AsyncSession, *, reason: str) -> bool:
    """Let payments go on; False where they were not stopped."""
    return (await session.execute(_RESUME, {"reason": reason})).scalar_one_or_none() is not None
