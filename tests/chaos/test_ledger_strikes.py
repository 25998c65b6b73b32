"""PostgreSQL and the API are killed under postings: each that was acknowledged is there once, and no other twice."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from tenacity import AsyncRetrying, retry_if_result, stop_after_delay, wait_fixed

from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.embedded.roles import APP_ROLE
from qubix_platform.database.engine import create_engine
from qubix_platform.database.migrate import migrate
from qubix_platform.database.session import Database
from qubix_platform.database.settings import plain
from qubix_platform.ledger.sealing.service import close_now
from qubix_platform.ledger.verify import verify
from qubix_platform.users import service as users
from tests.chaos.api_process import ApiProcess

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(1500)]

WORKERS = 16
DEADLINE_S = 60.0
_POSTED = text("""
    select t.key, e.amount from ledger_transactions t
      join ledger_entries e on e.transaction_id = t.id and e.amount > 0
     where t.key like 'issue:%' order by t.id
""")


@dataclass
class Ground:
    """A durable server and an API over it; `strike` kills one of them and starts it again."""

    postgres: EmbeddedPostgres
    api: ApiProcess

    def strike(self, number: int) -> None:
        """PostgreSQL first, then in turn; every third time both at once."""
        postgres, api = number % 2 == 0 or number % 3 == 0, number % 2 == 1
        if postgres:
            assert self.postgres.pid is not None
            os.kill(self.postgres.pid, signal.SIGKILL)
        if api:
            self.api.kill()
        if postgres:
            self.postgres.start()
        if api:
            self.api.start()


@pytest.fixture
def ground(own_server: EmbeddedPostgres, tmp_path: Path) -> Iterator[Ground]:
    own_server.start()
    asyncio.run(migrate(own_server.owner_url, app_role=APP_ROLE))
    settings = {
        "DATABASE_URL": plain(own_server.app_url),
        "QUBIX_SECRET": "a secret of the tests",
        "QUBIX_HOME": str(tmp_path),
        "QUBIX_BLOB_URL": f"file://{tmp_path}/blobs",
        "QUBIX_MODE": "development",
    }
    api = ApiProcess(settings)
    api.start()
    yield Ground(own_server, api)
    api.kill()


@dataclass
class Payments:
    """Postings under way: each has a key and an amount of its own, and is sent until it is acknowledged."""

    total: int
    acknowledged: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    next: int = 0

    def has(self, count: int) -> bool:
        """Whether so many are acknowledged."""
        return len(self.acknowledged) >= count

    async def work(self, client: httpx.AsyncClient) -> None:
        """Take one after the other, until none is left."""
        while self.next < self.total:
            number, self.next = self.next, self.next + 1
            await self._send(client, key=f"payment-{number}", amount=1 + number)

    async def _send(self, client: httpx.AsyncClient, *, key: str, amount: int) -> None:
        async def post() -> bool:
            self.sent += 1
            try:
                answer = await client.post("/api/dev/credit", json={"amount": amount}, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                return False
            assert answer.status_code == 200 or answer.status_code >= 500, answer.text
            return answer.status_code == 200

        await AsyncRetrying(
            retry=retry_if_result(lambda is_done: not is_done), stop=stop_after_delay(DEADLINE_S), wait=wait_fixed(0.05)
        )(post)
        self.acknowledged[key] = amount


async def _withstand(ground: Ground, *, payments: int, strikes: int) -> Payments:
    database = Database(create_engine(ground.postgres.app_url, pool_size=1))
    async with database.transaction() as session:
        user = await users.ensure(session, "payer", is_operator=False)
        key = (await users.create_api_key(session, user_id=user.id, name="test")).key
    paid = Payments(payments)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=ground.api.url, headers=headers, timeout=10) as client:
        workers = [asyncio.create_task(paid.work(client)) for _ in range(WORKERS)]
        for number in range(strikes):
            due = (number + 1) * payments // (strikes + 1)
            await _until(partial(paid.has, due))
            await asyncio.to_thread(ground.strike, number)
        await asyncio.gather(*workers)

    async with database.transaction() as session:
        rows = (await session.execute(_POSTED)).all()
        prefix = f"issue:{user.id}:"
        assert {row.key.removeprefix(prefix): row.amount for row in rows} == paid.acknowledged
        assert len(rows) == payments
        assert (await users.get(session, user.id)).balance == sum(paid.acknowledged.values())
    async with database.transaction() as session:
        assert await close_now(session) == 1
    async with database.transaction() as session:
        found = await verify(session)
        assert found.mismatches == ()
        assert found.seals == found.transactions == payments
    await database.close()
    return paid


async def _until(is_so: Callable[[], bool]) -> None:
    async def look() -> bool:
        return is_so()

    await AsyncRetrying(
        retry=retry_if_result(lambda found: not found), stop=stop_after_delay(DEADLINE_S * 5), wait=wait_fixed(0.005)
    )(look)


def test_acknowledged_postings_survive_a_killed_database_and_a_killed_api(ground: Ground) -> None:
    paid = asyncio.run(_withstand(ground, payments=600, strikes=3))
    assert paid.sent > 600, "no request was ever cut off: the strikes missed"


@pytest.mark.proof
def test_ten_thousand_postings_survive_ten_kills(
    ground: Ground, record_property: Callable[[str, object], None]
) -> None:
    paid = asyncio.run(_withstand(ground, payments=10_000, strikes=10))
    record_property("postings", len(paid.acknowledged))
    record_property("kills", 10)
    record_property("requests", paid.sent)
