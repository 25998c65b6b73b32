"""Which process acts on the chain, and looks after the books."""

import asyncio
from typing import Final, NoReturn

from qubix_platform.database.connection import Connection

LEADER_LOCK: Final = 0x636861696E  # "chain": the advisory lock of the one process that acts

_TRY_LOCK: Final = "select pg_try_advisory_lock($1)"
_SILENCE: Final = "set idle_session_timeout = '10s'"
_ALIVE: Final = "select 1"
_CHECK_EVERY_S: Final = 1.0


async def try_lead(connection: Connection) -> bool:
    """Try to become the one process that acts, for as long as this connection lasts."""
    return bool(await connection.fetchval(_TRY_LOCK, LEADER_LOCK))


async def limit_silence(connection: Connection) -> None:
    """Have the server end this connection, and with it the lead, when nothing is heard on it for ten seconds."""
    await connection.execute(_SILENCE)


async def hold(connection: Connection) -> NoReturn:
    """Go on until the connection, and with it the lead, is lost; raises what says so."""
    while True:
        await connection.fetchval(_ALIVE)
        await asyncio.sleep(_CHECK_EVERY_S)
