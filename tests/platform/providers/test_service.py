import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from qubix.schemas.providers import JoinTokenRequest, ProviderPatch, QuickRegistered
from qubix.schemas.reports import CompleteReport
from qubix.schemas.states import CompletionStatus, ProviderStatus, Trust
from qubix_platform.attempts import ending, reports
from qubix_platform.auth.callers import UserCaller
from qubix_platform.providers import repository
from qubix_platform.providers import service as providers
from qubix_platform.providers.earnings import EarningsOfDay, summarise
from qubix_platform.providers.errors import MembersOnly, NotYourMachine, ProviderBusy, ProviderNotFound
from qubix_platform.providers.offering import gpus_of
from tests.platform.market_life import POLICY, Machine, Market
from tests.platform.providers.garage import Garage, request


async def start_job(garage: Garage, answer: QuickRegistered, owner: UserCaller) -> tuple[UUID, UUID]:
    """A job that runs on the machine: its attempt's id and its own."""
    market = Market(garage.database)
    job = await market.job(await market.consumer())
    gpu_id = await garage.scalar("select id from gpus where provider_id = :id", id=answer.provider.id)
    spec = await market.assign(
        job, Machine(answer.provider.id, answer.provider.worker_id, owner.user_id, 360_000, [gpu_id])
    )
    async with garage.database.transaction() as session:
        await reports.mark_started(session, attempt_id=spec.attempt_id, job_id=job.id, policy=POLICY)
    return spec.attempt_id, job.id


async def finish_job(garage: Garage, attempt_id: UUID, job_id: UUID, *, seconds: float) -> None:
    """End it after so many seconds."""
    await Market(garage.database).backdate_start(attempt_id, seconds=seconds)
    report = CompleteReport(status=CompletionStatus.COMPLETED, exit_code=0)
    async with garage.database.transaction() as session:
        await ending.complete(session, attempt_id=attempt_id, job_id=job_id, report=report, policy=POLICY)


async def test_a_machine_with_a_running_job_cannot_be_removed(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    attempt_id, job_id = await start_job(garage, answer, owner)
    async with garage.database.transaction() as session:
        with pytest.raises(ProviderBusy) as refused:
            await providers.remove(session, caller=owner, provider_id=answer.provider.id, now=garage.now)
    assert refused.value.details["jobs"] == [str(job_id)]
    assert await garage.status(answer.provider.id) == "ONLINE"

    await finish_job(garage, attempt_id, job_id, seconds=10)
    async with garage.database.transaction() as session:
        removed = await providers.remove(session, caller=owner, provider_id=answer.provider.id, now=garage.now)
    assert removed.success
    async with garage.database.transaction() as session:
        with pytest.raises(ProviderNotFound):
            await providers.get(session, answer.provider.id, user_id=owner.user_id)
        assert await providers.list_my(session, user_id=owner.user_id) == []


async def test_a_registration_and_the_end_of_a_job_never_deadlock(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    attempt_id, job_id = await start_job(garage, answer, owner)
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with garage.database.transaction() as session:
        await repository.lock_worker(session, answer.provider.worker_id)
        ending_job = asyncio.create_task(finish_job(garage, attempt_id, job_id, seconds=1))
        async with asyncio.timeout(10):
            while await garage.scalar(waiting) == 0:
                pass
        await repository.store_gpus(session, answer.provider.id, [vars(gpu) for gpu in gpus_of(request())])
    await ending_job


async def test_a_removed_machine_comes_back_as_the_same_record(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner, worker_id="machine-1")
    async with garage.database.transaction() as session:
        await providers.remove(session, caller=owner, provider_id=answer.provider.id, now=garage.now)
    again = await garage.register(owner, request("machine-1"))
    assert (again.provider.id, again.provider.status) == (answer.provider.id, ProviderStatus.OFFLINE)
    assert (await garage.events()).count(("PROVIDER_REGISTERED", None)) == 2


async def test_only_the_owner_changes_drains_and_removes(garage: Garage) -> None:
    answer = await garage.online(await garage.owner())
    stranger = await garage.owner()
    for change in (
        lambda session: providers.patch(
            session, caller=stranger, provider_id=answer.provider.id, request=ProviderPatch(price_per_hour=0)
        ),
        lambda session: providers.drain(session, caller=stranger, provider_id=answer.provider.id),
        lambda session: providers.remove(session, caller=stranger, provider_id=answer.provider.id, now=garage.now),
    ):
        async with garage.database.transaction() as session:
            with pytest.raises(NotYourMachine):
                await change(session)


async def test_an_owner_sets_price_name_place_and_pause(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    wanted = ProviderPatch(name="Attic", price_per_hour=5, is_available=False, location="eu-west")
    async with garage.database.transaction() as session:
        changed = await providers.patch(session, caller=owner, provider_id=answer.provider.id, request=wanted)
    assert (changed.name, changed.price_per_hour, changed.is_available, changed.location) == (
        "Attic",
        5,
        False,
        "eu-west",
    )
    async with garage.database.transaction() as session:
        kept = await providers.patch(session, caller=owner, provider_id=answer.provider.id, request=ProviderPatch())
    assert kept == changed
    assert (await garage.events())[-1] == ("MARKETPLACE_UPDATE", "offer")


async def test_what_a_machine_runs_and_earned_is_for_its_owner_only(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.online(owner)
    attempt_id, job_id = await start_job(garage, answer, owner)
    async with garage.database.transaction() as session:
        mine = await providers.get(session, answer.provider.id, user_id=owner.user_id)
        public = await providers.get(session, answer.provider.id, user_id=None)
    assert (mine.current_job_id, public.current_job_id) == (job_id, None)
    await finish_job(garage, attempt_id, job_id, seconds=100)
    async with garage.database.transaction() as session:
        [mine] = await providers.list_my(session, user_id=owner.user_id)
        public = await providers.get(session, answer.provider.id, user_id=None)
    assert (mine.total_earnings, public.total_earnings) == (9_500, None)
    assert (mine.total_jobs, mine.current_job_id) == (1, None)


async def test_earnings_come_from_the_ledger(garage: Garage) -> None:
    owner = await garage.owner()
    real = await garage.online(owner)
    simulated = await garage.online(owner, simulated=True)
    for machine, seconds in ((real, 100), (simulated, 50), (simulated, 50)):
        await finish_job(garage, *await start_job(garage, machine, owner), seconds=seconds)
    await start_job(garage, real, owner)
    async with garage.database.transaction() as session:
        earned = await providers.earnings(session, user_id=owner.user_id, now=datetime.now(UTC), fee_basis_points=500)
        balance, _ = await Market(garage.database).balance(owner.user_id)
    assert (earned.total, earned.simulated_total, earned.job_count, earned.active_jobs) == (19_000, 9_500, 3, 1)
    assert earned.total == balance
    assert [entry.amount for entry in earned.history] == [19_000]
    async with garage.database.transaction() as session:
        nothing = await providers.earnings(
            session, user_id=(await garage.owner()).user_id, now=garage.now, fee_basis_points=500
        )
    assert (nothing.total, nothing.history) == (0, [])


def test_weeks_begin_on_monday() -> None:
    sunday = date(2026, 11, 22)
    days = [
        EarningsOfDay(day=sunday - timedelta(days=ago), amount=10**ago, jobs=1, simulated=0) for ago in (0, 6, 7, 30)
    ]
    summary = summarise(sorted(days, key=lambda day: day.day), today=sunday, active_jobs=2, pending=3)
    assert (summary.today, summary.this_week, summary.this_month) == (1, 1 + 10**6, 1 + 10**6 + 10**7)
    assert (summary.total, summary.job_count, summary.active_jobs) == (1 + 10**6 + 10**7 + 10**30, 4, 2)
    assert summary.history[0].date == "2026-10-23"


async def test_members_are_admitted_by_operators_only(garage: Garage) -> None:
    owner = await garage.owner()
    async with garage.database.transaction() as session:
        with pytest.raises(MembersOnly):
            await providers.create_join_token(
                session, caller=owner, request=JoinTokenRequest(trust=Trust.MEMBER), url="http://p", now=garage.now
            )
        token = await providers.create_join_token(
            session, caller=owner, request=JoinTokenRequest(), url="http://p", now=garage.now
        )
    assert token.command == f"qubix-agent join http://p --token {token.token}"
    assert token.expires_at == garage.now + timedelta(hours=1)
    stored = await garage.scalar("select token_hash from join_tokens")
    assert token.token.encode() not in stored
