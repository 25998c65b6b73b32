"""A look at the database for its health."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_DESCRIBE = text("""
    select current_setting('server_version') as version, (select count(*) from jobs where status = 'PENDING') as pending
""")


async def describe(session: AsyncSession) -> str:
    """One sentence about the database, which also shows that it answers."""
    row = (await session.execute(_DESCRIBE)).one()
    return f"PostgreSQL {row.version}, {row.pending} jobs wait"
