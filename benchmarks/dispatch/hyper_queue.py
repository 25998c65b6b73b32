"""HyperQueue: a task scheduler without sandbox, escrow or database. Runs in a process of its own, with its server."""

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Final

from hyperqueue import Client, Job, LocalCluster
from hyperqueue.cluster import WorkerConfig

from benchmarks.children import answer_parent, in_child, plan_of_child
from benchmarks.dispatch.plan import AT_ONCE, PROBE, Measured, Plan, one_after_another
from qubix_agent.ray_node.environment import clean_environment

_NAME: Final = "HyperQueue"


def measure(plan: Plan, *, python: str) -> Measured:
    """Start a server and a worker, measure, and end them.

    Args:
        plan: how much.
        python: the interpreter that runs the probe.

    Raises:
        ContenderFailed: it did not run.
    """
    return Measured.from_json(in_child(__name__, asdict(plan) | {"python": python}, environment=clean_environment()))


def _main() -> None:
    given = plan_of_child()
    with tempfile.TemporaryDirectory(prefix="qubix-bench-hq-") as folder:
        cluster = LocalCluster(str(Path(folder) / "server"), WorkerConfig(cores=AT_ONCE))
        client = cluster.client()
        command = [given["python"], "-c", PROBE]
        output = Path(folder) / "line"

        def run_one() -> int:
            _run(client, command, times=1, output=output)
            return int(output.read_text())

        run_one()
        idle = one_after_another(given["idle"], run_one)
        began = time.perf_counter()
        _run(client, command, times=given["burst"], output=None)
        seconds = time.perf_counter() - began
        answer_parent(Measured(name=_NAME, idle_ms=idle, burst_jobs=given["burst"], burst_seconds=seconds).to_json())
        cluster.stop()


def _run(client: Client, command: list[str], *, times: int, output: Path | None) -> None:
    """Submit the command so many times, each as a job of its own, and wait for all of them."""
    submitted = []
    for _ in range(times):
        job = Job()
        job.program(command, stdout=output, stderr=None)
        submitted.append(client.submit(job))
    client.wait_for_jobs(submitted)


if __name__ == "__main__":
    _main()
