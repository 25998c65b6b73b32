"""The database that an operator's command works on, and the options that every such command takes."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.database.connection import DEFAULT_LIMITS, TimeLimits
from qubix_platform.database.session import Database
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.postgres import choose_database, open_database

Result = TypeVar("Result")

HomeOption = Annotated[Path | None, typer.Option("--home", help="The platform's folder.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def in_transaction(home: Path | None, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    """Do `work` in one transaction on the home's database."""

    async def with_session(database: Database) -> Result:
        async with database.transaction() as session:
            return await work(session)

    return on_database(home, with_session)


def on_database(
    home: Path | None, work: Callable[[Database], Awaitable[Result]], *, limits: TimeLimits = DEFAULT_LIMITS
) -> Result:
    """Do `work` on the home's database, on connections with these limits."""

    async def run() -> Result:
        database = open_database(choose_database(Home.locate(home)).settings, limits=limits)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
