"""Limits that users set on their own spending: kept wherever money is held."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.spending import SpendingLimit, SpendingLimitSet
from qubix_platform.auth.callers import UserCaller
from qubix_platform.spending import repository
from qubix_platform.spending.errors import KeyOfSomebodyElse, LimitedKeysMayNot, SpendingLimitReached
from qubix_platform.spending.limits import Breach, Limits, breach

_IN_WORDS = {"perJob": "for one job", "perDay": "for one day", "total": "in all"}


async def check(session: AsyncSession, *, user_id: UUID, key_id: UUID | None, job_total: int, added: int) -> None:
    """Refuse a hold that goes beyond a limit of the user or of the API key that created the job.

    Until the transaction ends no other hold of the same user is checked, so that two cannot share the same room.

    Args:
        session: the caller's transaction.
        user_id: who pays.
        key_id: the API key that created the job.
        job_total: what the job may cost at most, QU.
        added: what the hold adds, QU; 0 where the job stands in the database with it already.

    Raises:
        SpendingLimitReached: says which limit, and what it would have come to.
    """
    for limits in await repository.lock(session, user_id=user_id, key_id=key_id):
        exposure = await repository.exposure(
            session, user_id=user_id, key_id=limits.key_id, ever=limits.total is not None
        )
        found = breach(limits, exposure, job_total=job_total, added=added)
        if found is not None:
            raise _reached(found, limits)


async def require_unlimited(session: AsyncSession, *, caller: UserCaller, asked: str) -> None:
    """Refuse an API key with limits of its own what would let it, or another key, go beyond them.

    Raises:
        LimitedKeysMayNot: the request came by such a key.
    """
    if caller.key_id is not None and await repository.is_limited(session, user_id=caller.user_id, key_id=caller.key_id):
        raise LimitedKeysMayNot(
            asked=asked,
            obstacle="this API key's own spending is limited",
            remedy="Use a key without limits.",
        )


async def list_limits(session: AsyncSession, user_id: UUID) -> list[SpendingLimit]:
    """A user's limits with what was spent against each; an empty list where nothing is limited."""
    found = []
    for row in await repository.list_all(session, user_id):
        exposure = await repository.exposure(session, user_id=user_id, key_id=row.key_id, ever=True)
        spent = {"spent_today": exposure.today, "spent": exposure.ever, "held": exposure.held}
        found.append(SpendingLimit.model_validate(dict(row._mapping) | spent))
    return found


async def set_limits(session: AsyncSession, *, caller: UserCaller, request: SpendingLimitSet) -> list[SpendingLimit]:
    """Set the limits of the caller, or of one API key of theirs; without any figure they are taken away.

    Jobs that go on are not touched, but what is held for them counts, and nothing is held in addition beyond a limit.

    Raises:
        LimitedKeysMayNot: the request came by an API key that has limits of its own.
        KeyOfSomebodyElse: the caller has no such key.
    """
    await require_unlimited(session, caller=caller, asked="Changing spending limits")
    if request.key_id is not None and not await repository.has_key(
        session, user_id=caller.user_id, key_id=request.key_id
    ):
        raise KeyOfSomebodyElse(
            asked=f"Limiting API key {request.key_id}",
            obstacle="you have no such key",
            remedy="List yours with GET /api/users/me/keys.",
        )
    limits = Limits(key_id=request.key_id, per_job=request.per_job, per_day=request.per_day, total=request.total)
    if limits.per_job is limits.per_day is limits.total is None:
        await repository.clear(session, user_id=caller.user_id, key_id=request.key_id)
    else:
        await repository.store(session, caller.user_id, limits)
    return await list_limits(session, caller.user_id)


def _reached(found: Breach, limits: Limits) -> SpendingLimitReached:
    whose = "your limit" if limits.key_id is None else f"the limit of API key {limits.key_id}"
    return SpendingLimitReached(
        asked="Holding money for a job",
        obstacle=f"{whose} {_IN_WORDS[found.limit]} is {found.allowed} QU, and it would come to {found.reached} QU",
        remedy="Lower maxPrice or timeLimitSeconds, wait for what is held to come back, or raise it: `qubix limits`.",
        details={"limit": found.limit, "allowed": found.allowed, "reached": found.reached},
    )
