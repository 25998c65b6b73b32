"""A durable server of the benchmark's own, with the tables of TPC-B and books full of wallets."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from benchmarks.ledger.pgbench import Pgbench
from benchmarks.ledger.scripts import BATCHES, OPEN, SINGLE, WALLETS
from qubix_platform.database.connection import connect
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.embedded.roles import APP_ROLE, OWNER_ROLE
from qubix_platform.database.engine import create_engine
from qubix_platform.database.migrate import migrate
from qubix_platform.database.session import Database
from qubix_platform.ledger.sealing.service import AT_ONCE, seal

_TPCB: Final = "tpcb"
_ARCHIVE: Final = "archive"
_OPENED_AT_ONCE: Final = 10_000
_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Server:
    """The databases of one server, and the scripts that run on ours: `archive` has books of its own, to be verified."""

    tpcb: Pgbench
    books: Pgbench
    archive: Pgbench
    single: Path
    batches: Path


@contextmanager
def running_server(*, scale: int) -> Iterator[Server]:
    """Start it, as durable as a platform's own, and remove it at the end."""
    root = Path(tempfile.mkdtemp(prefix="qubix-bench-ledger-"))
    root.chmod(0o711)
    postgres = EmbeddedPostgres(root / "postgres")
    try:
        postgres.start()
        asyncio.run(_prepare(postgres))
        single, batches = root / "single.sql", root / "batches.sql"
        single.write_text(SINGLE)
        batches.write_text(" ".join(BATCHES.split()) + "\n")
        tpcb = Pgbench(postgres.admin_url.set(database=_TPCB))
        tpcb.initialise(scale=scale)
        archive = Pgbench(postgres.app_url.set(database=_ARCHIVE))
        yield Server(tpcb, Pgbench(postgres.app_url), archive, single, batches)
    finally:
        postgres.stop()
        shutil.rmtree(root)


async def _prepare(postgres: EmbeddedPostgres) -> None:
    for statement in (f"create database {_TPCB}", f"create database {_ARCHIVE} owner {OWNER_ROLE}"):
        await _execute(postgres.admin_url.set(database="postgres"), statement)
    for name in (postgres.database, _ARCHIVE):
        await migrate(postgres.owner_url.set(database=name), app_role=APP_ROLE)
        app = postgres.app_url.set(database=name)
        for first in range(1, WALLETS + 1, _OPENED_AT_ONCE):
            await _execute(app, OPEN, first, min(first + _OPENED_AT_ONCE - 1, WALLETS))
        await _execute(postgres.owner_url.set(database=name), "vacuum analyze ledger_accounts")


async def _execute(url: URL, statement: str, *values: int) -> None:
    connection = await connect(url)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


@contextmanager
def sealing(url: URL) -> Iterator[None]:
    """Seal beside what happens in the block, as a running platform does."""
    done = threading.Event()
    sealer = threading.Thread(target=lambda: asyncio.run(_keep_sealing(url, done)))
    sealer.start()
    try:
        yield
    finally:
        done.set()
        sealer.join()


async def _keep_sealing(url: URL, done: threading.Event) -> None:
    database = Database(create_engine(url, pool_size=1))
    try:
        while not done.is_set():
            async with database.transaction() as session:
                sealed = await seal(session)
            if sealed < AT_ONCE:
                await asyncio.to_thread(done.wait, _PAUSE_SECONDS)
    finally:
        await database.close()
