import asyncio
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from qubix.schemas.hardware import CpuInfo, GpuInfo, RamInfo
from qubix.schemas.providers import QuickRegister
from qubix_platform.auth.callers import WorkerCaller
from qubix_platform.database.session import Database
from qubix_platform.hardware.naming import market_name
from qubix_platform.metrics.writer import MetricsWriter
from qubix_platform.providers.registration import RegistrationCaller
from tests.platform.providers.garage import Garage
from tests.properties.against_database import AGAINST_DATABASE

_MODELS = st.sampled_from(["NVIDIA GeForce RTX 4090", "Tesla T4", "AMD Radeon RX 6800 XT", "A card of no name"])
_REQUESTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["browser", "native"]),
        "gpu": st.lists(_MODELS, max_size=3).map(
            lambda models: [GpuInfo(model=model, vram_mib=16_384, index=i) for i, model in enumerate(models)]
        ),
        "cpu": st.integers(1, 256).map(lambda cores: CpuInfo(cores=cores)),
        "ram": st.integers(1, 1_000_000).map(lambda total: RamInfo(total_mib=total)),
        "price_per_hour": st.integers(0, 10**12),
        "simulated": st.booleans(),
    }
)
_CALLERS = st.sampled_from(["user", "join", "worker"])
_WORKERS = st.integers(0, 2)


@settings(AGAINST_DATABASE, max_examples=100)
@given(st.lists(st.tuples(_WORKERS, _CALLERS, _REQUESTS, st.integers(1, 3)), min_size=1, max_size=6))
async def test_property_02_registration_is_idempotent(
    database: Database, registrations: list[tuple[int, str, dict[str, Any], int]]
) -> None:
    """Feature: qubix-enterprise-upgrade, Property 2: Registration is idempotent by workerId."""
    garage = Garage(database, MetricsWriter(database))
    owner = await garage.owner()
    prefix = f"w{uuid4().hex[:12]}"
    ids: dict[str, Any] = {}

    for worker, kind, fields, times in registrations:
        worker_id = f"{prefix}-{worker}"
        caller: RegistrationCaller = owner
        if kind == "join":
            caller = await garage.join_caller(owner)
        elif kind == "worker" and worker_id in ids:
            caller = WorkerCaller(ids[worker_id], worker_id, owner.user_id)
        request = QuickRegister.model_validate(fields | {"worker_id": worker_id})
        answers = await asyncio.gather(*(garage.register(caller, request) for _ in range(times)))

        assert {answer.provider.id for answer in answers} == {ids.setdefault(worker_id, answers[0].provider.id)}
        for answer in answers:
            stored = answer.provider
            assert [gpu.model for gpu in stored.gpus] == [
                market_name(gpu.model or "", vram_mib=gpu.vram_mib) for gpu in request.gpus
            ]
            assert (stored.cpu_cores, stored.ram_mib) == (fields["cpu"].cores, fields["ram"].total_mib)
            assert (stored.price_per_hour, stored.simulated) == (fields["price_per_hour"], fields["simulated"])

    async with database.transaction() as session:
        known = await session.execute(
            text("select worker_id, id from providers where worker_id like :prefix"), {"prefix": f"{prefix}-%"}
        )
        assert {row.worker_id: row.id for row in known} == ids
        registered = await session.execute(
            text(
                "select data->>'workerId' from outbox where type = 'PROVIDER_REGISTERED' and data->>'workerId' like :p"
            ),
            {"p": f"{prefix}-%"},
        )
        assert sorted(registered.scalars()) == sorted(ids)
