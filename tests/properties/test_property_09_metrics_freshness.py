from dataclasses import dataclass
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from qubix.schemas.providers import QuickRegistered
from qubix.schemas.states import ReportedStatus
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.metrics.writer import MetricsWriter
from tests.platform.providers.garage import Garage, request
from tests.properties.against_database import AGAINST_DATABASE

PROMISED = timedelta(seconds=60)
SWEEP_SECONDS = 5
"""How often the platform looks for silent providers, at the slowest."""

_MACHINES = st.integers(0, 1)
_STEPS = st.one_of(
    st.tuples(st.just("beat"), _MACHINES),
    st.tuples(st.just("leave"), _MACHINES),
    st.tuples(st.just("register"), _MACHINES),
    st.tuples(st.just("wait"), st.integers(1, 70)),
    st.tuples(st.just("live"), st.integers(1, 90)),
    st.tuples(st.just("metrics are lost"), _MACHINES),
)
_STALE = text("""
    select p.worker_id, max(m.at) from providers p left join provider_metrics m on m.provider_id = p.id
     where p.user_id = :user_id and p.status = 'ONLINE'
     group by p.worker_id having max(m.at) is null or max(m.at) < :oldest
""")


@dataclass
class Life:
    """Two machines of one owner, and a writer whose samples may get lost."""

    garage: Garage
    owner: UserCaller
    machines: list[QuickRegistered]
    metrics_are_lost: bool = False

    async def take(self, step: str, value: int) -> None:
        """Do one step."""
        match step:
            case "beat":
                await self.garage.beat(self.machines[value], self.owner)
            case "leave":
                await self.garage.beat(self.machines[value], self.owner, status=ReportedStatus.OFFLINE)
            case "register":
                again = request(self.machines[value].provider.worker_id)
                self.machines[value] = await self.garage.register(self.owner, again)
            case "metrics are lost":
                self.metrics_are_lost = bool(value)
            case _:
                await self.pass_time(value, beating=step == "live")

    async def pass_time(self, seconds: int, *, beating: bool) -> None:
        """Let time pass, with the platform's sweep, and with or without heartbeats."""
        for passed in range(0, seconds, SWEEP_SECONDS):
            self.garage.wait(min(SWEEP_SECONDS, seconds - passed))
            for machine in self.machines if beating else ():
                await self.garage.beat(machine, self.owner)
            if not self.metrics_are_lost:
                await self.garage.metrics.flush()
            await self.garage.sweep()
            await self.assert_fresh()

    async def assert_fresh(self) -> None:
        """No machine is shown as online with metrics older than was promised."""
        oldest = self.garage.now - PROMISED
        async with self.garage.database.transaction() as session:
            stale = await session.execute(_STALE, {"user_id": self.owner.user_id, "oldest": oldest})
            assert stale.all() == []


@settings(AGAINST_DATABASE, max_examples=100)
@given(st.lists(_STEPS, min_size=1, max_size=12))
async def test_property_09_metrics_of_online_providers_are_fresh(
    database: Database, steps: list[tuple[str, int]]
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 9: An online provider's metrics are never older than 60 s."""
    garage = Garage(database, MetricsWriter(database))
    owner = await garage.owner()
    life = Life(garage, owner, [await garage.online(owner) for _ in range(2)])
    for step, value in steps:
        await life.take(step, value)
        await life.assert_fresh()
    # The next example starts at the same time again: nobody of this one may be in its way.
    for machine in range(2):
        await life.take("leave", machine)
