"""The cluster as Ray shows it: its node table, and a runner actor on each provider's node."""

import asyncio
from collections.abc import Awaitable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final
from uuid import UUID

import ray
import structlog
from ray.exceptions import ActorUnavailableError, GetTimeoutError, RayError

from qubix.schemas.attempts import AttemptSpec
from qubix_actors.errors import RunnerLost, RunnerSilent
from qubix_actors.names import NAMESPACE, PROVIDER_LABEL, runner_name
from qubix_agent.ray_node.runner_actor import RunnerActor
from qubix_agent.runner.reporter import Delivered

log = structlog.get_logger(__name__)

_READY_WITHIN_S: Final = 20.0


class RayLauncher:
    """Reaches runners through Ray. A runner owns what it runs, so that nothing dies with the scheduler."""

    def __init__(self) -> None:
        self._nodes: Mapping[str, str] = {}
        self._runners: dict[str, Any] = {}
        self._finding: dict[str, asyncio.Lock] = {}
        # Of its own: while the control store does not answer, this one thread waits, and no other call does.
        self._table_reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="node-table")
        self._runner_finder = ThreadPoolExecutor(max_workers=8, thread_name_prefix="runners")

    async def nodes(self) -> Mapping[str, str] | None:
        """The providers' nodes that are alive now, by worker id; None where the table cannot be the truth."""
        loop = asyncio.get_running_loop()
        try:
            table = await loop.run_in_executor(self._table_reader, ray.nodes)
        except RayError as error:
            log.warning("node_table_unknown", error=repr(error))
            return None
        alive = [node for node in table if node["Alive"]]
        if not alive:  # this very process runs on a node, so a control store that knows none has just started
            return None
        nodes = {node["Labels"][PROVIDER_LABEL]: node["NodeID"] for node in alive if PROVIDER_LABEL in node["Labels"]}
        for worker_id in [known for known, node_id in self._nodes.items() if nodes.get(known) != node_id]:
            self._runners.pop(worker_id, None)
        self._nodes = nodes
        return nodes

    async def launch(self, worker_id: str, spec: AttemptSpec) -> Awaitable[None]:
        """Hand an attempt to a node's runner; see `Launcher`."""
        runner = await self._runner(worker_id)
        return self._fate(worker_id, runner.run.remote(spec.wire()))

    async def cancel(self, worker_id: str, attempt_id: UUID) -> None:
        """Tell a node's runner to stop an attempt; see `Launcher`."""
        runner = await self._runner(worker_id)
        await self._answer(worker_id, runner.cancel.remote(str(attempt_id)))

    async def running(self, worker_id: str) -> frozenset[UUID]:
        """The attempts that a node's runner has; see `Launcher`."""
        runner = await self._runner(worker_id)
        return frozenset(map(UUID, await self._answer(worker_id, runner.running.remote())))

    async def warm(self, worker_id: str) -> None:
        """Have a node's runner ready; see `Launcher`."""
        runner = await self._runner(worker_id)
        await self._answer(worker_id, runner.warm.remote())

    async def _fate(self, worker_id: str, reference: Awaitable[Any]) -> None:
        ended = await self._answer(worker_id, reference)
        if ended["delivered"] == Delivered.FAILED.value:
            raise RunnerLost(
                asked=f"Running an attempt on {worker_id}",
                obstacle="it ended, but its completion could not be reported",
                remedy="The job runs again elsewhere; see the machine's log for why the API refused the report.",
            )

    async def _answer(self, worker_id: str, reference: Awaitable[Any]) -> Any:
        try:
            return await reference
        except ActorUnavailableError as error:
            raise _silent(worker_id, error) from error
        except RayError as error:
            self._runners.pop(worker_id, None)
            raise _lost(worker_id, error) from error

    async def _runner(self, worker_id: str) -> Any:
        runner = self._runners.get(worker_id)
        if runner is not None:
            return runner
        async with self._finding.setdefault(worker_id, asyncio.Lock()):
            if worker_id not in self._runners:
                loop = asyncio.get_running_loop()
                try:
                    found = await loop.run_in_executor(self._runner_finder, _find_runner, worker_id)
                except GetTimeoutError as error:
                    raise _silent(worker_id, error) from error
                except (RayError, ValueError) as error:
                    raise _lost(worker_id, error) from error
                self._runners[worker_id] = found
            return self._runners[worker_id]


def _find_runner(worker_id: str) -> Any:
    """Get or make a node's runner; on that node and nowhere else, and it lives as long as the node."""
    runner: Any = (
        ray.remote(RunnerActor)
        .options(
            name=runner_name(worker_id),
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=0,
            max_task_retries=0,
            num_cpus=0,
            label_selector={PROVIDER_LABEL: worker_id},
        )
        .remote()
    )
    ray.get(runner.running.remote(), timeout=_READY_WITHIN_S)
    return runner


def _lost(worker_id: str, error: Exception) -> RunnerLost:
    return RunnerLost(
        asked=f"Running an attempt on {worker_id}",
        obstacle=f"its runner, or what it ran, died ({_first_line(error)})",
        remedy="The job runs again elsewhere; look at the machine if this happens often.",
    )


def _silent(worker_id: str, error: Exception) -> RunnerSilent:
    return RunnerSilent(
        asked=f"Reaching the runner on {worker_id}",
        obstacle=f"it gave no answer ({_first_line(error)})",
        remedy="Its attempts go on for as long as their leases are renewed.",
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__
