"""Large markets are placed by compiled arithmetic, small ones by the same in plain Python. Each in its own process."""

import subprocess
import sys

import pytest

DECIDES = """
import sys
from qubix_platform.placement.decide import decide
from qubix_platform.placement.model import Policy, Snapshot
from qubix_platform.placement.packing import kernels
from tests.platform.placement.market import NOW, job, offer

machines, is_plain = int(sys.argv[1]), sys.argv[2] == "plain"
if is_plain:
    kernels.use_compiler = lambda: None
offers = tuple(offer(n, gpus=1 + n % 4, cpu_cores=8 + n % 3) for n in range(1, machines + 1))
asked = [{}, {"gpu_share_milli": 500}, {"gpu_share_milli": 300}, {"gpu_count": 2}]
jobs = tuple(job(n, **asked[n % 4]) for n in range(40))
made = decide(Snapshot(jobs=jobs, providers=offers), NOW, Policy()).assignments
print([(one.worker_id, [share.gpu_id for share in one.gpus]) for one in made])
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
