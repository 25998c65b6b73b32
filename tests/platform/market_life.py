"""Building blocks for tests of the domain: a funded consumer, a provider with GPUs, jobs and their attempts."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.accounts import UserCreate
from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.jobs import Job, JobCreate
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import Scope
from qubix_platform.attempts import service as attempts
from qubix_platform.attempts import standby
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.jobs.creation import create_job
from qubix_platform.placement.model import Assignment, GpuShare
from qubix_platform.pricing.policy import MarketPolicy
from qubix_platform.pricing.rates import hourly_price
from qubix_platform.users import service as users

SECRET = b"a secret of the tests"
POLICY = MarketPolicy(fee_basis_points=500, lease_seconds=15)

_PROVIDER = text("""
    insert into providers (worker_id, user_id, name, type, trust, gpu_model, gpu_vram_mib, cpu_model, cpu_cores,
                           ram_mib, disk_mib, price_per_hour, isolation_level, status, last_heartbeat, location)
    values (:worker_id, :user_id, :worker_id, :type, 'member', 'RTX 4090', 24564, 'test', 16, 65536, 500000,
            :price, 'bwrap+cgroup', 'ONLINE', now(), :location)
    returning id
""")
_TOLD = text("""
    select cast(data ->> 'change' as bigint) from outbox
     where type = 'BALANCE_CHANGED' and cast(:topic as text) = any (topics) order by xid, id
""")
_GPU = text("""
    insert into gpus (provider_id, index, uuid, model, vram_mib) values (:provider_id, :index, :uuid, 'RTX 4090', 24564)
    returning id
""")


@dataclass(frozen=True)
class Machine:
    """A provider that was put straight into the database."""

    id: UUID
    worker_id: str
    user_id: UUID
    price: int
    gpu_ids: list[int] = field(default_factory=list)


@dataclass
class Market:
    """Shorthand for what the tests of the domain do over and over, each in a transaction of its own."""

    database: Database

    async def consumer(self, *, balance: int = 1_000_000_000) -> UserCaller:
        """A user with QU to spend."""
        async with self.database.transaction() as session:
            user = await users.create(session, UserCreate(username=f"user-{uuid4()}"))
            key = await users.create_api_key(session, user_id=user.id, name="test")
            if balance:
                await users.credit_play_money(session, user_id=user.id, amount=balance, key="first")
        return UserCaller(user_id=user.id, is_operator=False, scopes=frozenset(Scope), key_id=key.id)

    async def machine(
        self, *, gpus: int = 1, price: int = 360_000, kind: str = "RAY", location: str | None = None
    ) -> Machine:
        """A provider of someone else's, online."""
        owner = await self.consumer(balance=0)
        worker_id = f"worker-{uuid4().hex[:8]}"
        async with self.database.transaction() as session:
            values = {
                "worker_id": worker_id,
                "user_id": owner.user_id,
                "price": price,
                "type": kind,
                "location": location,
            }
            provider_id = (await session.execute(_PROVIDER, values)).scalar_one()
            ids = [
                (
                    await session.execute(_GPU, {"provider_id": provider_id, "index": i, "uuid": f"GPU-{uuid4()}"})
                ).scalar_one()
                for i in range(gpus)
            ]
        return Machine(provider_id, worker_id, owner.user_id, price, ids)

    async def job(self, caller: UserCaller, **changes: object) -> Job:
        """A job of ten minutes on one GPU, capped at 720,000 QU per hour."""
        values = {
            "source": "print('hello')",
            "max_price": 720_000,
            "time_limit_seconds": 600,
            "resources": ResourceRequest(gpu_count=1),
        } | changes
        async with self.database.transaction() as session:
            created = await create_job(session, caller=caller, request=JobCreate.model_validate(values))
        return created.job

    async def assign(self, job: Job, machine: Machine) -> AttemptSpec:
        """Give the job to the machine, whole GPUs from the first on."""
        async with self.database.transaction() as session:
            return await self.assign_in(session, job, machine)

    async def assign_in(self, session: AsyncSession, job: Job, machine: Machine, *, card: int = 0) -> AttemptSpec:
        """Give the job to the machine in a transaction of the test's own, GPUs from `card` on."""
        assignment = self.assignment(job, machine, card=card)
        return await attempts.assign(session, assignment, policy=POLICY, secret=SECRET)

    async def stand_by(self, job: Job, machine: Machine) -> AttemptSpec | None:
        """Have the machine stand by for the job."""
        async with self.database.transaction() as session:
            assignment = self.assignment(job, machine)
            return await standby.stage(session, assignment, policy=POLICY, secret=SECRET)

    def assignment(self, job: Job, machine: Machine, *, card: int = 0, rank: int = 0) -> Assignment:
        """The machine for the job, or for a worker of it, with GPUs from `card` on."""
        price = hourly_price(
            price_per_hour=machine.price, gpu_count=job.resources.gpu_count, share_milli=job.resources.gpu_share_milli
        )
        shares = tuple(
            GpuShare(gpu_id=gpu_id, index=index, milli=job.resources.gpu_share_milli)
            for index, gpu_id in list(enumerate(machine.gpu_ids))[card : card + job.resources.gpu_count]
        )
        return Assignment(
            job_id=job.id,
            provider_id=machine.id,
            worker_id=machine.worker_id,
            gpus=shares,
            price_per_hour=price,
            rank=rank,
        )

    async def credit(self, caller: UserCaller, amount: int) -> None:
        """More QU to spend."""
        async with self.database.transaction() as session:
            await users.credit_play_money(session, user_id=caller.user_id, amount=amount, key=str(uuid4()))

    async def balance(self, user_id: UUID) -> tuple[int, int]:
        """Available and held, QU."""
        async with self.database.transaction() as session:
            user = await users.get(session, user_id)
        return user.balance, user.held

    async def told(self, user_id: UUID) -> list[int]:
        """By how much a user was told that their balance changed, QU, oldest first."""
        async with self.database.transaction() as session:
            return list((await session.execute(_TOLD, {"topic": f"user:{user_id}"})).scalars())

    async def backdate_start(self, attempt_id: UUID, *, seconds: float) -> None:
        """Let an attempt have started earlier, so that a test need not wait for billable time to pass."""
        async with self.database.transaction() as session:
            await session.execute(
                text("update attempts set started_at = started_at - make_interval(secs => :s) where id = :id"),
                {"s": seconds, "id": attempt_id},
            )
