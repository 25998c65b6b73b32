import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import event

from qubix.schemas.jobs import Job
from qubix.schemas.providers import Heartbeat, QuickRegistered
from qubix.schemas.states import ProviderStatus, ReportedStatus
from qubix_platform.auth.callers import UserCaller, WorkerCaller
from qubix_platform.jobs import service as jobs
from qubix_platform.providers import presence
from qubix_platform.providers import service as providers
from qubix_platform.providers.errors import AgentReplaced, NotYourMachine, ProviderNotFound
from tests.platform.market_life import POLICY, SECRET, Machine, Market
from tests.platform.providers.garage import Garage, request, usage


async def given_job(garage: Garage, answer: QuickRegistered) -> tuple[Job, UserCaller]:
    """A job that was assigned to the machine."""
    market = Market(garage.database)
    consumer = await market.consumer()
    job = await market.job(consumer)
    gpu_id = await garage.scalar("select id from gpus where provider_id = :id", id=answer.provider.id)
    machine = Machine(answer.provider.id, answer.provider.worker_id, uuid4(), 360_000, [gpu_id])
    await market.assign(job, machine)
    return job, consumer


async def test_the_first_heartbeat_brings_a_machine_online(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.register(owner)
    before = len(await garage.events())
    beat = await garage.beat(answer, owner)
    assert (beat.status, beat.pending_jobs, beat.cancel_attempts) == (ProviderStatus.ONLINE, [], [])
    assert (await garage.events())[before:] == [
        ("PROVIDER_STATUS_CHANGED", "ONLINE"),
        ("MARKETPLACE_UPDATE", "status"),
        ("GPU_METRICS_UPDATE", None),
    ]
    assert await garage.scalar("select count(*) from provider_metrics") == 1


async def test_uptime_counts_whole_seconds_while_online(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    for _ in range(10):
        garage.wait(4.7)
        await garage.beat(answer, owner)
    assert await garage.scalar("select uptime_seconds from providers") == 47
    await garage.beat(answer, owner, status=ReportedStatus.OFFLINE)
    garage.wait(1000)
    await garage.beat(answer, owner)
    assert await garage.scalar("select uptime_seconds from providers") == 47


async def test_heartbeats_and_silence_are_told_by_the_databases_clock(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.register(owner)
    async with garage.database.transaction() as session:
        await providers.heartbeat(
            session,
            caller=WorkerCaller(answer.provider.id, answer.provider.worker_id, owner.user_id),
            beat=Heartbeat(usage=usage(), status=ReportedStatus.ONLINE),
            policy=POLICY,
            secret=SECRET,
            metrics=garage.metrics,
        )
        assert await providers.mark_silent_offline(session) == []
        hearing = await presence.hearing(session)
        assert (hearing.machines, hearing.is_deaf) == (1, False)
    assert await garage.scalar("select last_heartbeat = at from providers, provider_metrics")
    await garage.scalar("update providers set last_heartbeat = now() - interval '16 s' returning true")
    async with garage.database.transaction() as session:
        assert (await presence.hearing(session)).is_deaf
        assert await providers.mark_silent_offline(session) == [answer.provider.worker_id]


async def test_three_missed_heartbeats_put_a_machine_offline_until_it_reports_again(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    garage.wait(14)
    assert await garage.sweep() == []
    garage.wait(2)
    assert await garage.sweep() == [answer.provider.worker_id]
    assert await garage.sweep() == []
    assert await garage.status(answer.provider.id) == "OFFLINE"
    assert ("PROVIDER_STATUS_CHANGED", "OFFLINE") in await garage.events()
    assert (await garage.beat(answer, owner)).status is ProviderStatus.ONLINE


async def test_an_agent_that_leaves_is_offline_at_once(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    assert (await garage.beat(answer, owner, status=ReportedStatus.OFFLINE)).status is ProviderStatus.OFFLINE
    assert await garage.status(answer.provider.id) == "OFFLINE"


async def test_a_machine_that_drains_goes_on_draining_until_its_agent_left(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    caller = WorkerCaller(answer.provider.id, answer.provider.worker_id, owner.user_id)
    for _ in range(2):
        async with garage.database.transaction() as session:
            drained = await providers.drain(session, caller=caller, provider_id=answer.provider.id)
        assert drained.status is ProviderStatus.DRAINING
    assert (await garage.beat(answer, owner)).status is ProviderStatus.DRAINING
    assert (await garage.beat(answer, owner, status=ReportedStatus.OFFLINE)).status is ProviderStatus.OFFLINE


async def test_waiting_work_is_handed_out_and_a_cancelled_attempt_is_named(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    job, consumer = await given_job(garage, answer)
    [entry] = (await garage.beat(answer, owner)).pending_jobs
    assert entry.id == job.id
    assert entry.attempt_token.startswith("qbx_att_")

    lease = "select lease_expires_at from attempts where id = :id"
    before = await garage.scalar(lease, id=entry.attempt_id)
    assert (await garage.beat(answer, owner, attempts=[entry.attempt_id])).cancel_attempts == []
    assert await garage.scalar(lease, id=entry.attempt_id) > before
    assert (await garage.beat(answer, owner, attempts=[other := uuid4()])).cancel_attempts == [other]

    async with garage.database.transaction() as session:
        await jobs.cancel_job(session, caller=consumer, job_id=job.id)
    assert (await garage.beat(answer, owner, attempts=[entry.attempt_id])).cancel_attempts == [entry.attempt_id]


async def test_the_agent_that_was_replaced_is_told_to_stop(garage: Garage) -> None:
    owner = await garage.owner()
    old, new = uuid4(), uuid4()
    answer = await garage.online(owner, worker_id="machine-1", agent_session=old)
    garage.wait(20)
    await garage.register(owner, request(agent_session=new))
    with pytest.raises(AgentReplaced):
        await garage.beat(answer, owner, agent_session=old)
    assert (await garage.beat(answer, owner, agent_session=new)).status is ProviderStatus.ONLINE


async def test_a_heartbeat_for_another_machine_is_refused(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    caller = WorkerCaller(answer.provider.id, answer.provider.worker_id, owner.user_id)
    beat = Heartbeat(worker_id="somebody-else", usage=usage(), status=ReportedStatus.ONLINE)
    async with garage.database.transaction() as session:
        with pytest.raises(NotYourMachine):
            await providers.heartbeat(
                session,
                caller=caller,
                beat=beat,
                now=garage.now,
                policy=POLICY,
                secret=SECRET,
                metrics=garage.metrics,
            )


async def test_a_machine_off_the_market_is_told_so(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    async with garage.database.transaction() as session:
        await providers.remove(session, caller=owner, provider_id=answer.provider.id, now=garage.now)
    with pytest.raises(ProviderNotFound):
        await garage.beat(answer, owner)


async def test_heartbeats_and_sweeps_at_the_same_time_leave_the_living_online(garage: Garage) -> None:
    owner = await garage.owner()
    machines = [await garage.online(owner) for _ in range(8)]
    for _ in range(5):
        garage.wait(16)
        await asyncio.gather(
            *(garage.beat(machine, owner) for machine in machines), *(garage.sweep() for _ in range(2))
        )
        for machine in machines:
            await garage.beat(machine, owner)
        await garage.metrics.flush()
        assert await garage.scalar("select count(*) from providers where status = 'ONLINE'") == 8
        assert await garage.sweep() == []


async def test_a_heartbeat_takes_few_statements(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(garage.database.engine.sync_engine, "before_cursor_execute", note)
    await garage.beat(answer, owner)
    assert len(statements) == 3, statements
