"""A plain Ray task that runs the same subprocess. The driver is a process of its own."""

import subprocess
import time
from dataclasses import asdict
from typing import Any, Final

import ray

from benchmarks.children import answer_parent, in_child, plan_of_child
from benchmarks.dispatch.plan import PROBE, Measured, Plan, one_after_another
from benchmarks.dispatch.ray_head import OwnCluster

_NAME: Final = "Ray task"


def measure(plan: Plan, cluster: OwnCluster, *, python: str) -> Measured:
    """Measure on a cluster that runs.

    Args:
        plan: how much.
        cluster: where.
        python: the interpreter that runs the probe.

    Raises:
        ContenderFailed: it did not run.
    """
    given = asdict(plan) | {"address": cluster.address, "python": python}
    return Measured.from_json(in_child(__name__, given, environment=cluster.environment))


def _main() -> None:
    given = plan_of_child()
    python = given["python"]
    ray.init(address=given["address"], log_to_driver=False)
    task: Any = ray.remote(num_cpus=1, max_retries=0)(_run_probe)

    def run_one() -> int:
        return int(ray.get(task.remote(python)))

    ray.get([task.remote(python) for _ in range(8)])
    idle = one_after_another(given["idle"], run_one)
    began = time.perf_counter()
    ray.get([task.remote(python) for _ in range(given["burst"])])
    seconds = time.perf_counter() - began
    answer_parent(Measured(name=_NAME, idle_ms=idle, burst_jobs=given["burst"], burst_seconds=seconds).to_json())


def _run_probe(python: str) -> int:
    ended = subprocess.run([python, "-c", PROBE], capture_output=True, check=True)
    return int(ended.stdout)


if __name__ == "__main__":
    _main()
