"""Machines that register and report, for the tests of providers, market and metrics."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from qubix.schemas.hardware import CpuInfo, GpuInfo, RamInfo, ResourceUsage
from qubix.schemas.providers import Heartbeat, HeartbeatAnswer, JoinTokenRequest, QuickRegister, QuickRegistered
from qubix.schemas.states import ReportedStatus, Trust
from qubix_platform.auth.callers import JoinCaller, UserCaller, WorkerCaller
from qubix_platform.auth.service import authenticate
from qubix_platform.auth.tokens import TokenKind
from qubix_platform.database.session import Database
from qubix_platform.metrics.writer import MetricsWriter
from qubix_platform.providers import service as providers
from qubix_platform.providers.registration import RegistrationCaller
from tests.platform.market_life import POLICY, SECRET, Market

START = datetime.now(UTC).replace(microsecond=0)


def request(worker_id: str = "machine-1", **changes: Any) -> QuickRegister:
    """A machine with one RTX 4090 as its driver reports it."""
    values = {
        "type": "native",
        "worker_id": worker_id,
        "gpu": [GpuInfo(model="NVIDIA GeForce RTX 4090", vram_mib=24_564, uuid="GPU-1")],
        "cpu": CpuInfo(model="EPYC", cores=16),
        "ram": RamInfo(total_mib=65_536),
        "disk_mib": 500_000,
    }
    return QuickRegister.model_validate(values | changes)


def usage(*, cpu: float = 10, gpu_temp: float | None = 50) -> ResourceUsage:
    """A sample as an agent reports it."""
    return ResourceUsage(
        cpu_percent=cpu,
        ram_percent=20,
        ram_used_gb=8,
        ram_total_gb=64,
        gpu_percent=5,
        gpu_temp=gpu_temp,
        timestamp=START,
    )


@dataclass
class Garage:
    """Shorthand for machines at work, each step in a transaction of its own."""

    database: Database
    metrics: MetricsWriter
    now: datetime = START

    async def owner(self) -> UserCaller:
        """A user without money."""
        return await Market(self.database).consumer(balance=0)

    async def join_caller(self, owner: UserCaller, *, trust: Trust = Trust.GUEST) -> JoinCaller:
        """The caller behind a fresh join token."""
        admin = replace(owner, is_operator=True)
        async with self.database.transaction() as session:
            token = await providers.create_join_token(
                session, caller=admin, request=JoinTokenRequest(trust=trust), url="http://platform", now=self.now
            )
        async with self.database.transaction() as session:
            caller = await authenticate(session, token.token, allowed={TokenKind.JOIN}, secret=SECRET)
        assert isinstance(caller, JoinCaller)
        return caller

    async def register(self, caller: RegistrationCaller, wanted: QuickRegister | None = None) -> QuickRegistered:
        """Register a machine."""
        async with self.database.transaction() as session:
            return await providers.register(session, caller=caller, request=wanted or request(), now=self.now)

    async def beat(
        self,
        answer: QuickRegistered,
        owner: UserCaller,
        *,
        status: ReportedStatus = ReportedStatus.ONLINE,
        agent_session: UUID | None = None,
        attempts: Sequence[UUID] = (),
    ) -> HeartbeatAnswer:
        """A heartbeat of a registered machine."""
        async with self.database.transaction() as session:
            return await providers.heartbeat(
                session,
                caller=WorkerCaller(answer.provider.id, answer.provider.worker_id, owner.user_id),
                beat=Heartbeat(usage=usage(), status=status, agent_session=agent_session, attempts=list(attempts)),
                now=self.now,
                policy=POLICY,
                secret=SECRET,
                metrics=self.metrics,
            )

    async def online(self, owner: UserCaller, **changes: Any) -> QuickRegistered:
        """A machine that registered and reported."""
        answer = await self.register(owner, request(changes.pop("worker_id", f"machine-{uuid4().hex[:8]}"), **changes))
        await self.beat(answer, owner, agent_session=changes.get("agent_session"))
        return answer

    async def sweep(self) -> list[str]:
        """Look for silent machines; the worker ids of those that were put offline."""
        async with self.database.transaction() as session:
            return await providers.mark_silent_offline(session, self.now)

    async def status(self, provider_id: UUID) -> str:
        """A machine's status."""
        return str(await self.scalar("select status from providers where id = :id", id=provider_id))

    async def events(self) -> list[tuple[str, str | None]]:
        """Type and change or status of every event so far."""
        async with self.database.transaction() as session:
            rows = await session.execute(
                text("select type, coalesce(data->>'change', data->>'status') from outbox order by id")
            )
        return [(row[0], row[1]) for row in rows]

    async def scalar(self, statement: str, **values: object) -> Any:
        """One value from the database."""
        async with self.database.transaction() as session:
            return (await session.execute(text(statement), values)).scalar_one()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
