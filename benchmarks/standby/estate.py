"""Giving the machines of a benchmark's own platform owners and sites, as if strangers had joined from many places."""

import asyncio
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import text

from benchmarks.stand import Stand
from qubix.client import Client
from qubix.schemas.states import ProviderType
from qubix_platform.database.embedded.server import EmbeddedPostgres
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database

_OWN: Final = text("update providers set user_id = cast(:owner as uuid), location = :site where id = cast(:id as uuid)")


def part(stand: Stand) -> None:
    """Give each machine an owner and a site of its own. Both stay when a machine comes again."""
    assert stand.home is not None
    assert stand.operator_key is not None
    with Client(stand.url, stand.operator_key) as operator:
        machines = operator.providers(type=ProviderType.RAY)
        keys = [operator.create_user(f"owner-{uuid4().hex[:8]}").key for _ in machines]
    owners = [_user(stand, key) for key in keys]
    changes = [
        {"id": str(machine.id), "owner": str(owner), "site": f"site-{number}"}
        for number, (machine, owner) in enumerate(zip(machines, owners, strict=True))
    ]
    asyncio.run(_write(EmbeddedPostgres(stand.home.postgres), changes))


def _user(stand: Stand, key: str) -> UUID:
    with Client(stand.url, key) as owner:
        return owner.me().id


async def _write(server: EmbeddedPostgres, changes: list[dict[str, str]]) -> None:
    database = Database(create_engine(server.app_url, pool_size=1))
    try:
        async with database.transaction() as session:
            for change in changes:
                await session.execute(_OWN, change)
    finally:
        await database.close()
