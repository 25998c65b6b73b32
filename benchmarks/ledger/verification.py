"""How long books of a million entries take to seal and to verify."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.children import ContenderFailed
from benchmarks.ledger.scripts import BATCH
from benchmarks.ledger.server import Server
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.ledger.sealing.service import AT_ONCE, close_day, seal
from qubix_platform.ledger.verify import PATIENT, Verification, verify_whole

_CLIENTS: Final = 2
_LEGS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was verified, and the seconds that each part took."""

    entries: int
    seals: int
    seal_seconds: float
    close_seconds: float
    verify_seconds: float


def measure(server: Server, *, entries: int) -> Verified:
    """Fill the archive up to so many entries, seal them, give them a root, and verify all of it.

    Raises:
        ContenderFailed: something did not add up.
    """
    missing = entries - asyncio.run(_verify(server))[0].entries
    batches = max(1, -(-missing // (BATCH * _LEGS * _CLIENTS)))
    server.archive.repeat(clients=_CLIENTS, times=batches, script=server.batches)
    return asyncio.run(_measure(server))


async def _measure(server: Server) -> Verified:
    database = _open(server)
    try:
        began, before = time.perf_counter(), 0
        while True:
            async with database.transaction() as session:
                sealed = await seal(session)
            before += sealed
            if sealed < AT_ONCE:
                break
        seal_seconds = time.perf_counter() - began
        began = time.perf_counter()
        async with database.transaction() as session:
            await close_day(session, early=True)
        close_seconds = time.perf_counter() - began
    finally:
        await database.close()
    found, verify_seconds = await _verify(server)
    return Verified(
        entries=found.entries,
        seals=before,
        seal_seconds=seal_seconds,
        close_seconds=close_seconds,
        verify_seconds=verify_seconds,
    )


async def _verify(server: Server) -> tuple[Verification, float]:
    database = _open(server)
    try:
        began = time.perf_counter()
        found = await verify_whole(database)
        seconds = time.perf_counter() - began
    finally:
        await database.close()
    if not found.passed:
        raise ContenderFailed(f"the books do not add up: {found.mismatches[0]}")
    return found, seconds


def _open(server: Server) -> Database:
    return Database(create_engine(server.archive.url, pool_size=2, limits=PATIENT))
