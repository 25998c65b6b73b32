"""What users may have of the market."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.accounts import Quota, QuotaSet
from qubix.schemas.states import Priority
from qubix_platform.quotas import repository
from qubix_platform.quotas.errors import PriorityNotAllowed


async def of_user(session: AsyncSession, user_id: UUID) -> Quota:
    """What a user may have of the market."""
    return Quota.model_validate(dict((await repository.get(session, user_id))._mapping))


async def assign(session: AsyncSession, user_id: UUID, request: QuotaSet) -> Quota:
    """Set what a user may have. Jobs that run are left alone; the next decision goes by it."""
    await repository.store(session, user_id, request)
    return await of_user(session, user_id)


async def check(session: AsyncSession, user_id: UUID, priority: Priority) -> None:
    """Refuse a priority that a user may not use.

    Raises:
        PriorityNotAllowed: it is high, and nobody gave it to them.
    """
    if priority is Priority.HIGH and not (await of_user(session, user_id)).may_use_high:
        raise PriorityNotAllowed(
            asked="Creating a job of high priority",
            obstacle="high priority goes before everybody's jobs, and you were not given it",
            remedy="Leave the priority out, or ask an operator: `qubix admin users quota NAME --high`.",
        )
