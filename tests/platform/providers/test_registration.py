import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from qubix.schemas.hardware import BenchmarkResult, CpuInfo, GpuInfo, RamInfo
from qubix.schemas.providers import ProviderPatch, QuickRegistered, RayJoin
from qubix.schemas.states import Interconnect, IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.auth.callers import WorkerCaller
from qubix_platform.auth.service import authenticate
from qubix_platform.auth.tokens import TokenKind
from qubix_platform.providers import service as providers
from qubix_platform.providers.errors import (
    AgentAlreadyRunning,
    CapacityInUse,
    DuplicateGpu,
    JoinTokenSpent,
    MembersOnly,
    NotYourMachine,
    WorkerIdTaken,
)
from tests.platform.market_life import SECRET
from tests.platform.providers.garage import Garage, request

RAY = RayJoin(
    address="127.0.0.1:1", token="t", namespace="qubix", ray_version="2.60.0", python_version="3.11", tls=False
)


async def test_a_new_machine_is_listed_and_waits_for_its_first_heartbeat(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.register(
        await garage.join_caller(owner),
        request(
            location="eu-west",
            isolation_level=IsolationLevel.BWRAP_CGROUP,
            labels={"rack": "7"},
            benchmark=BenchmarkResult(fp32_tflops=70.5, engine="cupy", seconds=2),
        ),
    )
    machine = answer.provider
    assert machine.status is ProviderStatus.OFFLINE
    assert (machine.type, machine.trust, machine.location) == (ProviderType.NATIVE, Trust.GUEST, "eu-west")
    assert [(gpu.model, gpu.vram_mib, gpu.uuid) for gpu in machine.gpus] == [("RTX 4090", 24_564, "GPU-1")]
    assert (machine.gpu_model, machine.gpu_vram_mib, machine.price_per_hour) == ("RTX 4090", 24_564, 400_000)
    assert (machine.verified, machine.simulated, machine.labels) == (True, False, {"rack": "7"})
    assert machine.benchmark is not None
    assert machine.benchmark.fp32_tflops == 70.5
    assert (machine.total_earnings, machine.current_job_id) == (0, None)
    assert await garage.events() == [("PROVIDER_REGISTERED", None), ("MARKETPLACE_UPDATE", "registered")]


async def test_how_its_gpus_reach_each_other_is_told_where_there_are_several(garage: Garage) -> None:
    owner = await garage.owner()
    alone = await garage.register(await garage.join_caller(owner), request(interconnect=Interconnect.NVLINK))
    assert alone.provider.interconnect is None
    two = [GpuInfo(model="A100", vram_mib=81_920, index=index) for index in range(2)]
    both = request(worker_id="two-cards", gpu=two, interconnect=Interconnect.NVLINK)
    assert (await garage.register(await garage.join_caller(owner), both)).provider.interconnect is Interconnect.NVLINK


async def test_the_worker_token_speaks_for_the_machine(garage: Garage) -> None:
    answer = await garage.register(await garage.join_caller(await garage.owner()))
    assert answer.worker_token is not None
    async with garage.database.transaction() as session:
        caller = await authenticate(session, answer.worker_token, allowed={TokenKind.WORKER}, secret=SECRET)
    assert isinstance(caller, WorkerCaller)
    assert caller.provider_id == answer.provider.id
    again = await garage.register(caller)
    assert again.provider.id == answer.provider.id
    assert again.worker_token is None


async def test_a_join_token_is_for_one_machine_which_may_use_it_again(garage: Garage) -> None:
    caller = await garage.join_caller(await garage.owner())
    first = await garage.register(caller)
    again = await garage.register(caller)
    assert again.provider.id == first.provider.id
    assert again.worker_token not in (None, first.worker_token)
    with pytest.raises(JoinTokenSpent):
        await garage.register(caller, request("machine-2"))
    garage.wait(3601)
    with pytest.raises(JoinTokenSpent):
        await garage.register(caller)


async def test_a_refused_registration_leaves_its_join_token_unused(garage: Garage) -> None:
    caller = await garage.join_caller(await garage.owner())
    with pytest.raises(MembersOnly):
        await garage.register(caller, request(type="ray"))
    assert await garage.scalar("select count(*) from join_tokens where used_at is not null") == 0


async def test_two_machines_cannot_share_a_join_token_at_the_same_time(garage: Garage) -> None:
    caller = await garage.join_caller(await garage.owner())
    outcomes = await asyncio.gather(
        *(garage.register(caller, request(f"machine-{i}")) for i in range(4)), return_exceptions=True
    )
    assert sum(isinstance(outcome, QuickRegistered) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, JoinTokenSpent) for outcome in outcomes) == 3


async def test_the_same_worker_id_at_the_same_time_is_one_machine(garage: Garage) -> None:
    owner = await garage.owner()
    answers = await asyncio.gather(*(garage.register(owner) for _ in range(6)))
    assert len({answer.provider.id for answer in answers}) == 1
    assert (await garage.events()).count(("PROVIDER_REGISTERED", None)) == 1


async def test_a_worker_id_belongs_to_its_owner(garage: Garage) -> None:
    await garage.register(await garage.owner())
    with pytest.raises(WorkerIdTaken):
        await garage.register(await garage.owner())


async def test_a_worker_token_registers_its_own_machine_only(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.register(owner)
    caller = WorkerCaller(answer.provider.id, answer.provider.worker_id, owner.user_id)
    with pytest.raises(NotYourMachine):
        await garage.register(caller, request("machine-2"))


async def test_only_members_join_ray_and_only_they_get_its_token(garage: Garage) -> None:
    owner = await garage.owner()
    member = await garage.join_caller(owner, trust=Trust.MEMBER)
    async with garage.database.transaction() as session:
        answer = await providers.register(session, caller=member, request=request(type="ray"), now=garage.now, ray=RAY)
    assert answer.ray == RAY
    assert answer.provider.trust is Trust.MEMBER
    async with garage.database.transaction() as session:
        guest = await providers.register(session, caller=owner, request=request("machine-2"), now=garage.now, ray=RAY)
    assert guest.ray is None
    with pytest.raises(MembersOnly):
        await garage.register(owner, request("machine-3", type="ray"))


async def test_what_the_owner_set_outlives_a_registration(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.register(owner, request(name="Attic", location="eu-west", price_per_hour=1))
    async with garage.database.transaction() as session:
        await providers.patch(
            session,
            caller=owner,
            provider_id=answer.provider.id,
            request=ProviderPatch(price_per_hour=7, is_available=False),
        )
    again = (await garage.register(owner)).provider
    assert (again.price_per_hour, again.name, again.location, again.is_available) == (7, "Attic", "eu-west", False)


async def test_a_gpu_that_vanished_is_kept_but_not_shown(garage: Garage) -> None:
    owner = await garage.owner()
    two = [GpuInfo(model="NVIDIA GeForce RTX 4090", vram_mib=24_564, index=i) for i in range(2)]
    assert len((await garage.register(owner, request(gpu=two))).provider.gpus) == 2
    one = (await garage.register(owner, request(gpu=two[:1]))).provider
    assert [gpu.index for gpu in one.gpus] == [0]
    assert await garage.scalar("select count(*) from gpus where not is_present") == 1
    none = (await garage.register(owner, request(gpu=None))).provider
    assert (none.gpus, none.gpu_model, none.gpu_vram_mib) == ([], None, 0)
    assert len((await garage.register(owner, request(gpu=two))).provider.gpus) == 2
    assert await garage.scalar("select count(*) from gpus") == 2


@pytest.mark.parametrize(
    ("changes", "simulated", "verified"),
    [
        ({}, False, True),
        ({"verified": False}, False, False),
        ({"simulated": True}, True, False),
        ({"gpu": GpuInfo(model="RTX 4090", vram_mib=24_564, simulated=True)}, True, False),
        ({"type": "browser", "gpu": GpuInfo(renderer="NVIDIA GeForce RTX 4090", type="webgpu")}, False, False),
        ({"cpu": None}, False, False),
    ],
)
async def test_what_is_simulated_or_not_checked_is_marked(
    garage: Garage, changes: dict[str, Any], simulated: bool, verified: bool
) -> None:
    machine = (await garage.register(await garage.owner(), request(**changes))).provider
    assert (machine.simulated, machine.verified) == (simulated, verified)
    assert all(gpu.simulated is simulated for gpu in machine.gpus)


async def test_a_software_adapter_is_no_gpu(garage: Garage) -> None:
    gpu = GpuInfo(renderer="Google SwiftShader", type="webgpu")
    machine = (await garage.register(await garage.owner(), request(type="browser", gpu=gpu))).provider
    assert (machine.gpus, machine.gpu_model, machine.price_per_hour) == ([], None, 160_000)


async def test_two_gpus_with_one_index_are_refused(garage: Garage) -> None:
    with pytest.raises(DuplicateGpu):
        await garage.register(await garage.owner(), request(gpu=[GpuInfo(model="RTX 4090"), GpuInfo(model="RTX 4080")]))


async def test_a_second_agent_is_refused_while_the_first_lives(garage: Garage) -> None:
    owner = await garage.owner()
    first, second = uuid4(), uuid4()
    answer = await garage.online(owner, worker_id="machine-1", agent_session=first)
    with pytest.raises(AgentAlreadyRunning) as refused:
        await garage.register(owner, request(agent_session=second))
    assert 1 <= refused.value.details["retryAfterSeconds"] <= 16
    with pytest.raises(AgentAlreadyRunning):
        await garage.register(owner, request())
    assert (await garage.register(owner, request(agent_session=first))).provider.status is ProviderStatus.ONLINE

    garage.wait(16)
    taken_over = await garage.register(owner, request(agent_session=second))
    assert taken_over.provider.id == answer.provider.id
    assert taken_over.provider.status is ProviderStatus.OFFLINE
    assert (await garage.beat(taken_over, owner, agent_session=second)).status is ProviderStatus.ONLINE


async def test_a_machine_cannot_shrink_below_what_its_jobs_were_given(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.register(owner)
    async with garage.database.transaction() as session:
        await session.execute(text("update providers set allocated_cpu = 8 where id = :id"), {"id": answer.provider.id})
    with pytest.raises(CapacityInUse):
        await garage.register(owner, request(cpu=CpuInfo(cores=4)))
    assert (await garage.register(owner, request(cpu=CpuInfo(cores=8), ram=RamInfo(total_mib=1)))).success


async def test_a_disk_that_jobs_fill_is_registered_again_with_no_less_than_they_were_given(garage: Garage) -> None:
    owner = await garage.owner()
    answer = await garage.register(owner)
    booked = text("update providers set allocated_disk_mib = 300000 where id = :id")
    async with garage.database.transaction() as session:
        await session.execute(booked, {"id": answer.provider.id})
    for reported, kept in ((400_000, 400_000), (100_000, 300_000), (None, 300_000)):
        assert (await garage.register(owner, request(disk_mib=reported))).provider.disk_mib == kept


@pytest.mark.parametrize(
    "changed",
    [
        [],
        [GpuInfo(model="NVIDIA GeForce RTX 3060", vram_mib=24_564, uuid="GPU-1")],
        [GpuInfo(model="NVIDIA GeForce RTX 4090", vram_mib=24_564, uuid="GPU-2")],
    ],
)
async def test_a_card_that_a_job_holds_cannot_vanish_or_become_another(garage: Garage, changed: list[GpuInfo]) -> None:
    owner = await garage.owner()
    answer = await garage.register(owner)
    held = text("update gpus set allocated_milli = :milli where provider_id = :id")
    async with garage.database.transaction() as session:
        await session.execute(held, {"milli": 250, "id": answer.provider.id})
    with pytest.raises(CapacityInUse, match="hold its GPU 0"):
        await garage.register(owner, request(gpu=changed))
    assert (await garage.register(owner)).success
    async with garage.database.transaction() as session:
        await session.execute(held, {"milli": 0, "id": answer.provider.id})
    assert (await garage.register(owner, request(gpu=changed))).success


async def test_the_newest_registration_is_found_from_a_marker(garage: Garage) -> None:
    owner, other = await garage.owner(), await garage.owner()
    await garage.register(owner, request("machine-0"))

    async def look(marker: str | None) -> tuple[str | None, str]:
        async with garage.database.transaction() as session:
            answer = await providers.newest_since(session, marker=marker, user_id=owner.user_id)
        return (answer.new_provider.worker_id if answer.new_provider else None), answer.marker

    nothing, marker = await look(None)
    assert nothing is None
    assert await look(marker) == (None, marker)
    await garage.register(other, request("machine-1"))
    await garage.register(owner, request("machine-2"))
    found, marker = await look(marker)
    assert found == "machine-2"
    assert await look(marker) == (None, marker)
