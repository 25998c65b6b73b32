"""Which process acts on the chain."""

from typing import Final

from qubix_platform.database.connection import Connection

LEADER_LOCK: Final = 0x636861696E  # "chain": the advisory lock of the one process that acts

_TRY_LOCK: Final = "select pg_try_advisory_lock($1)"
_ALIVE: Final = "select 1"


async def try_lead(connection: Connection) -> bool:
    """Try to become the one process that acts, for as long as this connection lasts."""
    return bool(await connection.fetchval(_TRY_LOCK, LEADER_LOCK))


async def still_leads(connection: Connection) -> None:
    """Raise where the connection, and with it the lead, is lost."""
    await connection.fetchval(_ALIVE)
