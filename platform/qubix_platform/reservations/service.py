"""Reservations: a machine's time, prepaid at a discount, paid out as it passes, and given back by rule.

That the machine is free for its holder in that time is placement's to see to (`placement.windows`), and the database
refuses what would stand in the way.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.reservations import Reservation
from qubix.schemas.states import TransactionType
from qubix_platform.auth.callers import UserCaller
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.announcing import announce
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import Split, split, whole_seconds
from qubix_platform.pricing.rules import WindowEnd, discount, earned, owed, prepayment
from qubix_platform.reservations import repository
from qubix_platform.reservations.errors import MachineNotToReserve, ReservationNotFound, WindowNotUsable
from qubix_platform.reservations.repository import NewReservation, window_of
from qubix_platform.reservations.transition import close
from qubix_platform.spending import service as spending

SHORTEST: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=365)
SILENT_SECONDS: Final = 300
"""A machine that is offline for so long in the time that is reserved is not coming back for it."""


async def reserve(
    session: AsyncSession,
    *,
    caller: UserCaller,
    provider_id: UUID,
    length: timedelta,
    starts_at: datetime | None = None,
) -> UUID:
    """Prepay a machine's time, from now on or from `starts_at`, at the discount that its length earns; its id.

    Raises:
        WindowNotUsable: it has begun, or is shorter than an hour or longer than a year.
        MachineNotToReserve: the machine is gone, the caller's own, or taken by others for some of that time.
        BalanceTooLow: the balance does not cover the prepayment.
        SpendingLimitReached: it goes beyond a limit that the caller set.
    """
    machine = await repository.lock_machine(session, provider_id)
    asked = f"Reserving machine {provider_id}"
    if machine is None or machine.removed_at is not None:
        raise MachineNotToReserve(asked=asked, obstacle="it is not there", remedy="See `qubix offers`.")
    if machine.user_id == caller.user_id:
        raise MachineNotToReserve(
            asked=asked,
            obstacle="it is your own: nobody pays themselves",
            remedy="Choose a machine of somebody else's; jobs of yours may run on your own without a reservation.",
        )
    starts_at = machine.now if starts_at is None else starts_at
    ends_at = starts_at + length
    if starts_at < machine.now or not SHORTEST <= length <= LONGEST:
        raise WindowNotUsable(
            asked=f"Reserving from {starts_at.isoformat()} to {ends_at.isoformat()}",
            obstacle="it has begun already" if starts_at < machine.now else "it is not of an hour to a year",
            remedy="Choose a time to come, of an hour to a year.",
        )
    await _check_free(session, caller, provider_id, starts_at=starts_at, ends_at=ends_at)
    seconds = whole_seconds(start=starts_at, end=ends_at)
    taken_off = discount(seconds)
    new = NewReservation(
        user_id=caller.user_id,
        key_id=caller.key_id,
        provider_id=provider_id,
        price_per_hour=machine.price_per_hour,
        discount_bps=taken_off,
        starts_at=starts_at,
        ends_at=ends_at,
        prepaid=prepayment(price_per_hour=machine.price_per_hour, seconds=seconds, discount_basis_points=taken_off),
    )
    reservation_id = await repository.insert(session, new)
    await spending.check(session, user_id=caller.user_id, key_id=caller.key_id, job_total=new.prepaid, added=0)
    legs = (
        Leg(Account.wallet(caller.user_id), -new.prepaid, LegCause.RESERVATION),
        Leg(Account.reservation(reservation_id), new.prepaid, LegCause.RESERVATION),
    )
    await _post(session, f"reserve:{reservation_id}", reservation_id, legs)
    await announce(session, {caller.user_id: -new.prepaid}, reason="a reservation was prepaid")
    return reservation_id


async def machine_named(session: AsyncSession, name: str) -> UUID:
    """The machine with this id or worker id.

    Raises:
        MachineNotToReserve: there is none.
    """
    found = await repository.find_machine(session, name)
    if found is None:
        raise MachineNotToReserve(
            asked=f"Reserving machine {name}",
            obstacle="there is none of this name",
            remedy="See `qubix offers`.",
        )
    return found


async def of_user(session: AsyncSession, user_id: UUID) -> list[Reservation]:
    """A user's reservations, newest first."""
    return [Reservation.model_validate(dict(row._mapping)) for row in await repository.of_user(session, user_id)]


async def get(session: AsyncSession, *, caller: UserCaller, reservation_id: UUID) -> Reservation:
    """One of the caller's reservations.

    Raises:
        ReservationNotFound: the caller has no such reservation.
    """
    rows = await repository.of_user(session, caller.user_id, reservation_id=reservation_id)
    if not rows:
        raise ReservationNotFound.of(reservation_id, asked="Looking at a reservation")
    return Reservation.model_validate(dict(rows[0]._mapping))


async def lost_reservations(session: AsyncSession) -> list[UUID]:
    """Reservations to `fail`: their machine was removed, or is silent while it is their time."""
    return await repository.of_lost_machines(session, silent_seconds=SILENT_SECONDS)


async def due_reservations(session: AsyncSession, policy: MarketPolicy) -> list[UUID]:
    """Reservations that `advance` has something to do for."""
    return await repository.due(session, every_seconds=policy.settle_every_seconds)


async def advance(session: AsyncSession, reservation_id: UUID, *, policy: MarketPolicy) -> int:
    """Pay for the hours of a reservation that have passed, and end it with its time; QU that were paid now."""
    row = await repository.lock(session, reservation_id)
    if row is None or row.status != "ACTIVE":
        return 0
    window = window_of(row)
    passed = window.passed(row.now)
    if passed == window.seconds:
        return (await _close(session, row, end=WindowEnd.ENDED, policy=policy)).provider
    through = passed // policy.settle_every_seconds * policy.settle_every_seconds
    if through <= row.settled_seconds:
        return 0
    charged = earned(window, passed=through) - row.settled_amount
    parts = split(
        held=charged,
        charged=charged,
        charged_before=row.settled_amount,
        fee_basis_points=policy.fee_basis_points,
    )
    await _pay(session, row, parts, key=f"reservation:{reservation_id}:{through}")
    await repository.store_settlement(session, reservation_id, parts, through=through)
    return parts.provider


async def cancel(
    session: AsyncSession, *, caller: UserCaller, reservation_id: UUID, policy: MarketPolicy
) -> Split | None:
    """Give a reservation back: what was had is paid at list price, the rest is returned. None where it had ended.

    Raises:
        ReservationNotFound: the caller has no such reservation.
    """
    row = await repository.lock(session, reservation_id)
    if row is None or row.user_id != caller.user_id:
        raise ReservationNotFound.of(reservation_id, asked="Cancelling a reservation")
    if row.status != "ACTIVE":
        return None
    return await _close(session, row, end=WindowEnd.CANCELLED, policy=policy)


async def fail(session: AsyncSession, reservation_id: UUID, *, policy: MarketPolicy) -> Split | None:
    """End a reservation whose machine is gone: the time that is lost is returned. None where it had ended."""
    row = await repository.lock(session, reservation_id)
    if row is None or row.status != "ACTIVE":
        return None
    return await _close(session, row, end=WindowEnd.FAILED, policy=policy)


async def _check_free(
    session: AsyncSession, caller: UserCaller, provider_id: UUID, *, starts_at: datetime, ends_at: datetime
) -> None:
    until = await repository.occupied_until(session, provider_id, by_others_than=caller.user_id)
    if until is not None and until > starts_at:
        raise MachineNotToReserve(
            asked=f"Reserving machine {provider_id}",
            obstacle=f"jobs of others may run on it until {until.isoformat(timespec='seconds')}",
            remedy="Begin then, or choose another machine.",
        )
    if await repository.is_taken(session, provider_id, starts_at=starts_at, ends_at=ends_at):
        raise MachineNotToReserve(
            asked=f"Reserving machine {provider_id}",
            obstacle="it is reserved for some of that time",
            remedy="Choose another machine or another time.",
        )


async def _close(session: AsyncSession, row: Row[Any], *, end: WindowEnd, policy: MarketPolicy) -> Split:
    window = window_of(row)
    passed = window.passed(row.now)
    charged = owed(window, passed=passed, end=end) - row.settled_amount
    parts = split(
        held=row.prepaid - row.settled_amount,
        charged=charged,
        charged_before=row.settled_amount,
        fee_basis_points=policy.fee_basis_points,
    )
    await close(session, row.id, end=end, refund=parts.refund)
    await _pay(session, row, parts, key=f"reservation:{row.id}")
    await repository.store_settlement(session, row.id, parts, through=passed)
    return parts


async def _pay(session: AsyncSession, row: Row[Any], parts: Split, *, key: str) -> None:
    legs = (
        Leg(Account.reservation(row.id), -(parts.provider + parts.fee + parts.refund), LegCause.RESERVATION),
        Leg(Account.wallet(row.provider_user_id), parts.provider, LegCause.EARNING),
        Leg(Account.fees(), parts.fee, LegCause.FEE),
        Leg(Account.wallet(row.user_id), parts.refund, LegCause.REFUND),
    )
    await _post(session, key, row.id, legs)
    if parts.provider:
        await announce(session, {row.provider_user_id: parts.provider}, reason="a reservation was paid")


async def _post(session: AsyncSession, key: str, reservation_id: UUID, legs: tuple[Leg, ...]) -> None:
    moved = tuple(leg for leg in legs if leg.amount)
    if moved:
        await ledger.post(session, Posting(key, TransactionType.RESERVATION, str(reservation_id), moved))
