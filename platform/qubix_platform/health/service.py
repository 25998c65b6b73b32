"""How the database is."""

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.health import repository


async def describe_database(session: AsyncSession) -> str:
    """One sentence about the database, which also shows that it answers."""
    return await repository.describe(session)
