"""What of a user's money is held, and for what."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.holds import Hold
from qubix_platform.wallets.holds import repository


async def of_user(session: AsyncSession, user_id: UUID, *, limit: int, offset: int) -> tuple[list[Hold], int]:
    """The jobs, escrows and reservations that hold a user's money, newest first, and how many there are."""
    rows, total = await repository.of_user(session, user_id, limit=limit, offset=offset)
    return [
        Hold(id=row.id, kind=row.kind, name=row.name, status=row.status, amount=row.amount, since=row.since)
        for row in rows
    ], total
