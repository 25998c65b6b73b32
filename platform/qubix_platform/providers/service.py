"""What can be done with providers."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import InvalidRequest
from qubix.schemas.hardware import ProviderMetric
from qubix.schemas.providers import (
    Earnings,
    JoinToken,
    JoinTokenRequest,
    NewProvider,
    Provider,
    ProviderPatch,
    ProviderRemoved,
)
from qubix.schemas.states import ProviderStatus, Trust
from qubix_platform.auth.callers import UserCaller, WorkerCaller
from qubix_platform.auth.tokens import TokenKind, new_token
from qubix_platform.metrics.service import provider_samples
from qubix_platform.providers import repository, view
from qubix_platform.providers.announcements import announce_change
from qubix_platform.providers.earnings import EarningsOfDay, summarise
from qubix_platform.providers.errors import MembersOnly, NotYourMachine, ProviderBusy, ProviderNotFound
from qubix_platform.providers.presence import heartbeat, mark_silent_offline
from qubix_platform.providers.registration import register
from qubix_platform.providers.transition import transition
from qubix_platform.users import service as users
from qubix_platform.wallets import repository as wallets
from qubix_platform.wallets.balance import being_earned

__all__ = [
    "create_join_token",
    "drain",
    "earnings",
    "get",
    "heartbeat",
    "list_my",
    "mark_silent_offline",
    "metrics",
    "newest_since",
    "patch",
    "register",
    "remove",
    "require_own_address",
]


async def create_join_token(
    session: AsyncSession, *, caller: UserCaller, request: JoinTokenRequest, url: str, now: datetime
) -> JoinToken:
    """Make a join token for one machine of the caller's.

    Args:
        session: the request's transaction.
        caller: whose machine it will be.
        request: trust and life of the token.
        url: the platform's address as the machine reaches it, for the command to paste.
        now: the time.

    Raises:
        MembersOnly: a member's token, asked for by somebody who is no operator.
    """
    if request.trust is Trust.MEMBER and not caller.is_operator:
        raise MembersOnly(
            asked="Making a member's join token",
            obstacle="members can act on the whole cluster, so only the platform's operators admit them",
            remedy="Ask an operator, or make a guest's token.",
        )
    token = new_token(TokenKind.JOIN)
    expires_at = now + timedelta(seconds=request.expires_in_seconds)
    await repository.insert_join_token(
        session, user_id=caller.user_id, token=token, trust=request.trust.value, expires_at=expires_at
    )
    return JoinToken(
        token=token.plain,
        trust=request.trust,
        expires_at=expires_at,
        command=f"qubix-agent join {url} --token {token.plain}",
    )


async def get(session: AsyncSession, provider_id: UUID, *, user_id: UUID | None) -> Provider:
    """One machine of the market; its present job and its earnings only for its owner, `user_id`.

    Raises:
        ProviderNotFound: it is not on the market.
    """
    row = await repository.get(session, provider_id)
    if row is None:
        raise ProviderNotFound.of(provider_id, asked="Looking up a provider")
    return view.provider(row, is_owner=row.user_id == user_id)


async def require_member(session: AsyncSession, provider_id: UUID, *, asked: str) -> None:
    """See that a machine is a member's.

    Raises:
        MembersOnly: it is a guest's, or was removed.
    """
    row = await repository.get(session, provider_id)
    if row is None or row.trust != Trust.MEMBER:
        raise MembersOnly(
            asked=asked,
            obstacle="this machine joined as a guest",
            remedy="Join with a token for members, which an operator of the platform makes.",
        )


async def require_own_address(session: AsyncSession, *, user_id: UUID, address: str | None) -> None:
    """See that an address, where one is named, is the user's own.

    Raises:
        NotYourMachine: it is another one.
    """
    if address is not None and (await users.get(session, user_id)).qubic_address != address:
        raise NotYourMachine(
            asked=f"Looking at the machines of {address}",
            obstacle="that address is not the one of your account",
            remedy="Leave qubicAddress out, or sign in as its owner.",
        )


async def list_my(session: AsyncSession, *, user_id: UUID) -> list[Provider]:
    """A user's machines, oldest first."""
    return [view.provider(row, is_owner=True) for row in await repository.of_user(session, user_id)]


async def newest_since(session: AsyncSession, *, marker: str | None, user_id: UUID | None = None) -> NewProvider:
    """The newest machine that registered after `marker`, and the marker for the next question.

    Without a marker nothing is new yet: the answer says where to begin.

    Args:
        session: the request's transaction.
        marker: from the answer before.
        user_id: only this user's machines, if given.

    Raises:
        InvalidRequest: the marker is none of ours.
    """
    if marker is None:
        return NewProvider(new_provider=None, marker=str(await repository.last_seq(session)))
    if not (marker.isascii() and marker.isdigit() and len(marker) < 19):
        raise InvalidRequest(
            asked="Looking for new providers",
            obstacle=f"the marker {marker[:40]!r} was not made by this platform",
            remedy="Leave it out once and use the one that the answer holds.",
        )
    row = await repository.newest(session, after=int(marker), user_id=user_id)
    if row is None:
        return NewProvider(new_provider=None, marker=marker)
    return NewProvider(new_provider=view.provider(row, is_owner=False), marker=str(row.registered_seq))


async def patch(session: AsyncSession, *, caller: UserCaller, provider_id: UUID, request: ProviderPatch) -> Provider:
    """Change price, name, location or pause of the caller's machine. Running jobs keep the price they began with.

    Raises:
        ProviderNotFound, NotYourMachine
    """
    row = await _mine(session, provider_id, caller=caller, asked=f"Changing provider {provider_id}")
    await repository.patch(session, provider_id, request.model_dump())
    await announce_change(session, provider_id=provider_id, worker_id=row.worker_id, change="offer")
    return await get(session, provider_id, user_id=caller.user_id)


async def drain(session: AsyncSession, *, caller: UserCaller | WorkerCaller, provider_id: UUID) -> Provider:
    """Take no more work: what runs may finish. Twice is once; a machine that is offline has nothing to drain.

    Raises:
        ProviderNotFound, NotYourMachine
    """
    row = await _mine(session, provider_id, caller=caller, asked=f"Draining provider {provider_id}")
    if row.status == ProviderStatus.ONLINE:
        await transition(
            session,
            provider_id=provider_id,
            expected=ProviderStatus.ONLINE,
            to=ProviderStatus.DRAINING,
            reason="it was asked to take no more work",
        )
    return await get(session, provider_id, user_id=caller.user_id)


async def metrics(
    session: AsyncSession, *, caller: UserCaller, provider_id: UUID, since: datetime
) -> list[ProviderMetric]:
    """How busy the caller's machine was, in order of time.

    Raises:
        ProviderNotFound, NotYourMachine
    """
    asked = f"Looking at the metrics of provider {provider_id}"
    row = await repository.get(session, provider_id)
    if row is None:
        raise ProviderNotFound.of(provider_id, asked=asked)
    _require_mine(row, caller=caller, asked=asked)
    return await provider_samples(session, provider_id=provider_id, since=since)


async def remove(session: AsyncSession, *, caller: UserCaller, provider_id: UUID, now: datetime) -> ProviderRemoved:
    """Take the caller's machine off the market. Its record stays: receipts refer to it.

    Raises:
        ProviderNotFound, NotYourMachine
        ProviderBusy: jobs run on it.
    """
    asked = f"Removing provider {provider_id}"
    row = await _mine(session, provider_id, caller=caller, asked=asked)
    if jobs := await repository.running_jobs(session, provider_id):
        raise ProviderBusy(
            asked=asked,
            obstacle=f"{len(jobs)} job(s) run on it, the oldest is {jobs[0]}",
            remedy="Pause it with isAvailable: false and remove it when these have ended.",
            details={"jobs": [str(job) for job in jobs]},
        )
    if row.status != ProviderStatus.OFFLINE:
        await transition(
            session,
            provider_id=provider_id,
            expected=ProviderStatus(row.status),
            to=ProviderStatus.OFFLINE,
            reason="its owner took it off the market",
        )
    await repository.remove(session, provider_id, now=now)
    await announce_change(session, provider_id=provider_id, worker_id=row.worker_id, change="removed")
    return ProviderRemoved(success=True, id=provider_id)


async def earnings(session: AsyncSession, *, user_id: UUID, now: datetime, fee_basis_points: int) -> Earnings:
    """What a user's machines earned, from the ledger's entries: QU, net of the platform's fee, in UTC days.

    `simulated_total` is the part of `total` that simulated machines earned, `pending` what comes on top of it where
    none of them is lost.
    """
    days = [
        EarningsOfDay(day=_day(row), amount=row.amount, jobs=row.jobs, simulated=row.simulated)
        for row in await repository.earnings_by_day(session, user_id)
    ]
    running = await wallets.running(session, user_id)
    return summarise(
        days,
        today=now.date(),
        active_jobs=await repository.active_jobs(session, user_id),
        pending=being_earned(running, fee_basis_points=fee_basis_points),
    )


def _day(row: Row[Any]) -> date:
    day: date = row.day
    return day


async def _mine(session: AsyncSession, provider_id: UUID, *, caller: UserCaller | WorkerCaller, asked: str) -> Row[Any]:
    row = await repository.lock(session, provider_id)
    if row is None:
        raise ProviderNotFound.of(provider_id, asked=asked)
    _require_mine(row, caller=caller, asked=asked)
    return row


def _require_mine(row: Row[Any], *, caller: UserCaller | WorkerCaller, asked: str) -> None:
    is_mine = row.id == caller.provider_id if isinstance(caller, WorkerCaller) else row.user_id == caller.user_id
    if not is_mine:
        raise NotYourMachine(
            asked=asked,
            obstacle="the machine belongs to somebody else",
            remedy="Use the API key of its owner.",
        )
