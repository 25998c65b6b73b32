"""Waiting for what the database says."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from qubix_platform.database.session import Database

DEADLINE_S = 60.0


@dataclass(frozen=True)
class Waiting:
    """Looks at the database until it says what is waited for."""

    database: Database

    async def attempts(self, job_id: UUID) -> Sequence[Row[Any]]:
        """A job's attempts in order."""
        statement = text("select * from attempts where job_id = :id order by number")
        async with self.database.transaction() as session:
            return (await session.execute(statement, {"id": job_id})).all()

    async def job(self, job_id: UUID) -> Row[Any]:
        """A job's row."""
        async with self.database.transaction() as session:
            return (await session.execute(text("select * from jobs where id = :id"), {"id": job_id})).one()

    async def provider(self, provider_id: UUID) -> Row[Any]:
        """A provider's row."""
        async with self.database.transaction() as session:
            return (await session.execute(text("select * from providers where id = :id"), {"id": provider_id})).one()

    async def set(self, statement: str, **values: object) -> None:
        """Change something behind everybody's back."""
        async with self.database.transaction() as session:
            await session.execute(text(statement), values)

    async def until(self, is_so: Callable[[], Awaitable[bool]], *, within_s: float = DEADLINE_S) -> None:
        """Wait for something that gives no signal of its own."""
        await AsyncRetrying(
            retry=retry_if_result(lambda found: not found), stop=stop_after_delay(within_s), wait=wait_fixed(0.02)
        )(is_so)

    async def until_attempt(self, job_id: UUID, number: int, status: str) -> Row[Any]:
        """Wait until a job's attempt has a status, and return the attempt."""
        found: list[Row[Any]] = []

        async def look() -> bool:
            found[:] = [a for a in await self.attempts(job_id) if (a.number, a.status) == (number, status)]
            return bool(found)

        await self.until(look)
        return found[0]

    async def until_job(self, job_id: UUID, status: str) -> Row[Any]:
        """Wait until a job has a status, and return it."""

        async def look() -> bool:
            return bool((await self.job(job_id)).status == status)

        await self.until(look)
        return await self.job(job_id)
