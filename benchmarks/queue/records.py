"""What the database says of an array's jobs after they ended."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from benchmarks.stand import NotReady, Stand
from qubix_platform.database.embedded.server import EmbeddedPostgres
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database

# An attempt's transaction begins when its job's machine is decided on. Each program prints one line: when it runs.
_ATTEMPTS: Final = text("""
    select a.job_id, a.provider_id, j.status as job_status, a.status,
           cast(extract(epoch from j.queued_at) * 1000 as float8) as queued_ms,
           cast(extract(epoch from a.created_at) * 1000 as float8) as decided_ms,
           cast(extract(epoch from a.launched_at) * 1000 as float8) as launched_ms,
           cast(extract(epoch from a.ended_at) * 1000 as float8) as ended_ms,
           (select string_agg(l.text, '' order by l.seq) from log_entries l
             where l.attempt_id = a.id and l.stream = 'stdout') as said
      from jobs j join attempts a on a.job_id = j.id where j.array_id = :array_id order by a.created_at, a.id
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """One attempt's way, in milliseconds since 1970.

    Attributes:
        job_id, provider_id: whose, and where.
        queued: when its job began to wait.
        decided: when its machine was decided on.
        launched: when its node's runner had it.
        first_lines: when its program ran, by what it printed: once, unless it ran twice.
        ended: when its end was stored.
        completed: whether attempt and job ended well.
    """

    job_id: UUID
    provider_id: UUID
    queued: float
    decided: float
    launched: float
    first_lines: tuple[float, ...]
    ended: float
    completed: bool


def launches(stand: Stand, array_id: UUID) -> list[Launch]:
    """Every attempt of an array's jobs, in the order of their decisions.

    Raises:
        NotReady: an attempt has not ended, or nobody wrote down when it was launched.
    """
    assert stand.home is not None
    return [_launch(row) for row in asyncio.run(_read(EmbeddedPostgres(stand.home.postgres), array_id))]


async def _read(server: EmbeddedPostgres, array_id: UUID) -> Sequence[Row[Any]]:
    database = Database(create_engine(server.app_url, pool_size=1))
    try:
        async with database.transaction() as session:
            return (await session.execute(_ATTEMPTS, {"array_id": array_id})).all()
    finally:
        await database.close()


def _launch(row: Row[Any]) -> Launch:
    if row.launched_ms is None or row.ended_ms is None:
        raise NotReady(f"an attempt of job {row.job_id} is {row.status}, launched at {row.launched_ms}")
    return Launch(
        job_id=row.job_id,
        provider_id=row.provider_id,
        queued=row.queued_ms,
        decided=row.decided_ms,
        launched=row.launched_ms,
        first_lines=tuple(int(line) / 1e6 for line in (row.said or "").split()),
        ended=row.ended_ms,
        completed=(row.job_status, row.status) == ("COMPLETED", "COMPLETED"),
    )
