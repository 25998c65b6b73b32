"""The same programs on the same Ray nodes without QUBIX: an actor on each, one call a card at most."""

import asyncio
import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any, Final

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from benchmarks.children import answer_parent, in_child, plan_of_child
from benchmarks.dispatch.plan import PROBE
from benchmarks.queue.figures import Calls
from benchmarks.stand import Stand
from qubix_actors.names import PROVIDER_LABEL
from qubix_agent.ray_node.environment import clean_environment, driver_environment

_WARMING_CALLS: Final = 2
# Twenty programs at once on two cores starve Ray's own processes until it gives their nodes up.
_AT_ONCE: Final = 2 * (os.cpu_count() or 1)


def measure(stand: Stand, *, jobs: int, python: str) -> Calls:
    """Measure on the nodes of a platform of the benchmark's own, while it is at rest.

    Args:
        stand: the platform.
        jobs: how many programs in all.
        python: the interpreter that runs them.

    Raises:
        ContenderFailed: it did not run.
    """
    assert stand.home is not None
    environment = clean_environment() | driver_environment(token_file=stand.home.ray_token, on_loopback=True)
    plan = {"address": stand.ray_address, "jobs": jobs, "python": python}
    return Calls(**in_child(__name__, plan, environment=environment))


class _Runner:
    """Runs a program for each call."""

    def run(self, python: str) -> tuple[int, int]:
        """When the call arrived, and what the program's line said."""
        arrived = time.time_ns()
        ended = subprocess.run([python, "-c", PROBE], capture_output=True, check=True)
        return arrived, int(ended.stdout)


def _main() -> None:
    plan = plan_of_child()
    ray.init(address=plan["address"], log_to_driver=False)
    nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
    runners = [
        _warm_runner_on(node["NodeID"], python=plan["python"])
        for node in nodes
        if node["Alive"] and PROVIDER_LABEL in node["Labels"]
    ]
    began = time.perf_counter()
    taken = asyncio.run(_all(runners, plan["python"], jobs=plan["jobs"]))
    seconds = time.perf_counter() - began
    answer_parent(
        {
            "launch_ms": [launch for launch, _ in taken],
            "line_ms": [line for _, line in taken],
            "seconds": seconds,
        }
    )


def _warm_runner_on(node_id: str, *, python: str) -> Any:
    """A runner whose process is up: one after the other, for Ray gives up nodes that starve on a few cores."""
    pinned = NodeAffinitySchedulingStrategy(node_id, soft=False)
    runner: Any = ray.remote(_Runner).options(num_cpus=0, scheduling_strategy=pinned).remote()
    ray.get([runner.run.remote(python) for _ in range(_WARMING_CALLS)])
    return runner


async def _all(runners: list[Any], python: str, *, jobs: int) -> list[tuple[float, float]]:
    waiting = iter(range(jobs))
    at_once = asyncio.Semaphore(_AT_ONCE)
    return [
        each
        for some in await asyncio.gather(*(_some(one, python, waiting, at_once) for one in runners))
        for each in some
    ]


async def _some(
    runner: Any, python: str, waiting: Iterator[int], at_once: asyncio.Semaphore
) -> list[tuple[float, float]]:
    """One after the other on one node, for as long as any wait: milliseconds from the call to its arrival and line."""
    taken = []
    for _ in waiting:
        async with at_once:
            decided = time.time_ns()
            arrived, line = await runner.run.remote(python)
        taken.append(((arrived - decided) / 1e6, (line - decided) / 1e6))
    return taken


if __name__ == "__main__":
    _main()
