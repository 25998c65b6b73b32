"""Large markets are placed by compiled arithmetic, small ones by the same in plain Python. Each in its own process."""

import subprocess
import sys

import pytest

DECIDES = """
import sys
from dataclasses import replace
from qubix_platform.placement.decide import decide
from uuid import UUID
from qubix_platform.placement.model import Policy, Running, Snapshot
from qubix_platform.placement import compiling
from qubix_platform.placement.ordering.policy import QueuePolicy
from tests.platform.placement.market import NOW, job, offer

machines, is_plain = int(sys.argv[1]), sys.argv[2] == "plain"
if is_plain:
    compiling.use_compiler = lambda: None
offers = tuple(offer(n, gpus=1 + n % 4, cpu_cores=8 + n % 3) for n in range(1, machines + 1))
asked = [{}, {"gpu_share_milli": 500}, {"gpu_share_milli": 300}, {"gpu_count": 2}]
jobs = tuple(job(n, **asked[n % 4]) for n in range(40))
made = decide(Snapshot(jobs=jobs, providers=offers), NOW, Policy()).assignments
print([(one.worker_id, [share.gpu_id for share in one.gpus]) for one in made])

# The same market with all of it taken: when is there room again, and what would help?
held = [
    Running(attempt_id=UUID(int=o.provider_id.int), job_id=UUID(int=1), user_id=UUID(int=7), provider_id=o.provider_id,
            cpu_cores=o.cpu_cores, memory_mib=1024, limit_seconds=60 + 7 * (n % 13), started_at=NOW,
            disk_mib=1000 * (n % 3), shares=tuple((gpu.id, 1000) for gpu in o.gpus))
    for n, o in enumerate(offers)
]
full = tuple(
    replace(o, allocated_cpu=o.cpu_cores, allocated_memory_mib=1024, allocated_disk_mib=1000 * (n % 3),
            gpus=tuple(replace(gpu, allocated_milli=1000) for gpu in o.gpus))
    for n, o in enumerate(offers)
    if n >= 3
)
asked += [{"gpu_count": 4, "max_price": 100}, {"gpu_models": ("H100",)}, {"cpu_cores": 11, "gpu_count": 3}]
asked += [{"disk_mib": 200_000}, {"disk_mib": 500_000}, {"disk_mib": 500_001}]
jobs = tuple(job(n, **asked[n % 10]) for n in range(60))
taken = decide(
    Snapshot(jobs=jobs, providers=(*offers[:3], *full), running=tuple(held[3:])), NOW, Policy(queue=QueuePolicy())
)
print(len(taken.assignments), sorted((str(one), why.model_dump_json()) for one, why in taken.waiting.items()))
print([(str(kept.provider_id), kept.starts_at) for kept in taken.reserved])
print("numba" in sys.modules, file=sys.stderr)
"""


def _decided(machines: int, way: str) -> tuple[str, bool]:
    ran = subprocess.run(
        [sys.executable, "-c", DECIDES, str(machines), way], capture_output=True, text=True, check=True
    )
    return ran.stdout, ran.stderr.strip() == "True"


@pytest.mark.timeout(240)
def test_compiled_arithmetic_decides_as_plain_python_does() -> None:
    plain, loaded = _decided(80, "plain")
    assert not loaded
    assert plain.count("machine-") == 40
    assert _decided(80, "compiled") == (plain, True)


def test_a_small_market_does_without_the_compiler() -> None:
    _, loaded = _decided(20, "compiled")
    assert not loaded
