"""All SQL of reservations but their status."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.pricing.rates import Split
from qubix_platform.pricing.rules import Window

# The machine's row is locked, and its reservations are read after that by a statement of their own: of two who want the
# same time, the second has to see what the first did.
_MACHINE: Final = text("""
    select id, user_id, price_per_hour, removed_at, clock_timestamp() as now
      from providers where id = :provider_id for no key update
""")
_IS_TAKEN: Final = text("""
    select exists (select from reservations where provider_id = :provider_id and status = 'ACTIVE'
                      and starts_at < :ends_at and ends_at > :starts_at)
""")
_FIND: Final = text("select id from providers where worker_id = :name or id::text = :name")
# A job that may still run when the time begins: who reserves is not to find it there.
_OCCUPIED_UNTIL: Final = text("""
    select max(coalesce(a.started_at, clock_timestamp()) + make_interval(secs => a.limit_seconds))
      from attempts a join jobs j on j.id = a.job_id
     where a.provider_id = :provider_id and a.status in ('ASSIGNED', 'RUNNING') and j.user_id <> :user_id
""")
_OF_USER: Final = text("""
    select r.*, r.discount_bps as discount_basis_points, p.worker_id, r.settled_amount as paid,
           case when r.status = 'ACTIVE' then 0 else r.prepaid - r.settled_amount end as refunded
      from reservations r join providers p on p.id = r.provider_id
     where r.user_id = :user_id and (cast(:id as uuid) is null or r.id = :id) order by r.created_at desc, r.id
""")
_OF_LOST: Final = text("""
    select r.id from reservations r join providers p on p.id = r.provider_id
     where r.status = 'ACTIVE'
       and (p.removed_at is not null
            or (r.starts_at <= clock_timestamp() and p.status = 'OFFLINE'
                and p.last_heartbeat < now() - make_interval(secs => :seconds)))
     order by r.starts_at, r.id
""")
_INSERT: Final = text("""
    insert into reservations (user_id, key_id, provider_id, price_per_hour, discount_bps, starts_at, ends_at, prepaid)
    values (:user_id, :key_id, :provider_id, :price_per_hour, :discount_bps, :starts_at, :ends_at, :prepaid)
    returning id
""")
_LOCK: Final = text("""
    select r.*, p.user_id as provider_user_id, clock_timestamp() as now
      from reservations r join providers p on p.id = r.provider_id where r.id = :id for no key update of r
""")
_DUE: Final = text("""
    select id from reservations
     where status = 'ACTIVE'
       and (ends_at <= now() or extract(epoch from now() - starts_at) >= settled_seconds + :every)
     order by starts_at, id
""")
_SETTLED: Final = text("""
    update reservations set settled_seconds = :through, settled_amount = settled_amount + :charged,
                            earned = earned + :earned
     where id = :id
""")


@dataclass(frozen=True, kw_only=True)
class NewReservation:
    """What is stored of a new reservation. Amounts in QU."""

    user_id: UUID
    key_id: UUID | None
    provider_id: UUID
    price_per_hour: int
    discount_bps: int
    starts_at: datetime
    ends_at: datetime
    prepaid: int


def window_of(row: Row[Any]) -> Window:
    """A reservation's time and price."""
    return Window(starts_at=row.starts_at, ends_at=row.ends_at, price_per_hour=row.price_per_hour, prepaid=row.prepaid)


async def lock_machine(session: AsyncSession, provider_id: UUID) -> Row[Any] | None:
    """A machine, locked; None where there is no such machine."""
    return (await session.execute(_MACHINE, {"provider_id": provider_id})).one_or_none()


async def is_taken(session: AsyncSession, provider_id: UUID, *, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether some of a machine's time is reserved. Its row has to be locked."""
    values = {"provider_id": provider_id, "starts_at": starts_at, "ends_at": ends_at}
    return bool((await session.execute(_IS_TAKEN, values)).scalar_one())


async def find_machine(session: AsyncSession, name: str) -> UUID | None:
    """The machine of an id or worker id."""
    found: UUID | None = (await session.execute(_FIND, {"name": name})).scalar_one_or_none()
    return found


async def occupied_until(session: AsyncSession, provider_id: UUID, *, by_others_than: UUID) -> datetime | None:
    """Until when jobs of others may run on a machine, by their limits; none where none does. It has to be locked."""
    values = {"provider_id": provider_id, "user_id": by_others_than}
    until: datetime | None = (await session.execute(_OCCUPIED_UNTIL, values)).scalar_one()
    return until


async def of_user(session: AsyncSession, user_id: UUID, *, reservation_id: UUID | None = None) -> Sequence[Row[Any]]:
    """A user's reservations, newest first, or one of them."""
    return (await session.execute(_OF_USER, {"user_id": user_id, "id": reservation_id})).all()


async def of_lost_machines(session: AsyncSession, *, silent_seconds: int) -> list[UUID]:
    """Active reservations of machines that were removed, or that are silent for so long while it is their time."""
    return list((await session.execute(_OF_LOST, {"seconds": silent_seconds})).scalars())


async def insert(session: AsyncSession, new: NewReservation) -> UUID:
    """Store a reservation as ACTIVE; its id."""
    stored: UUID = (await session.execute(_INSERT, vars(new))).scalar_one()
    return stored


async def lock(session: AsyncSession, reservation_id: UUID) -> Row[Any] | None:
    """A reservation, locked, with its provider's user."""
    return (await session.execute(_LOCK, {"id": reservation_id})).one_or_none()


async def due(session: AsyncSession, *, every_seconds: int) -> list[UUID]:
    """Reservations that have time to settle, or are over."""
    return list((await session.execute(_DUE, {"every": every_seconds})).scalars())


async def store_settlement(session: AsyncSession, reservation_id: UUID, parts: Split, *, through: int) -> None:
    """Remember that a reservation was paid for up to its second `through`."""
    charged = parts.provider + parts.fee
    values = {"id": reservation_id, "through": through, "charged": charged, "earned": parts.provider}
    await session.execute(_SETTLED, values)
