"""Reading what machines have run."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.providers import MachineJob
from qubix_platform.providers.history import repository


async def of_user(
    session: AsyncSession, user_id: UUID, *, provider_id: UUID | None, limit: int, offset: int
) -> tuple[list[MachineJob], int]:
    """What a user's machines have run or run now, newest first, and how much there is.

    Args:
        session: the request's transaction.
        user_id: whose machines; those that were removed are among them.
        provider_id: only this machine of theirs, if given.
        limit: at most so many.
        offset: after so many.
    """
    rows, total = await repository.of_user(session, user_id, provider_id=provider_id, limit=limit, offset=offset)
    return [MachineJob.model_validate(dict(row._mapping)) for row in rows], total
