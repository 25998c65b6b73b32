"""The detached actor on each provider's node that owns the attempts running there.

A Ray task dies with its owner. The scheduler has to be free to die, so it only ever calls this actor, which launches
the attempts on its own node and lives as long as the node does.
"""

import asyncio
import os
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from qubix.schemas.attempts import AttemptSpec
from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix_agent.home import HOME_VARIABLE, AgentHome
from qubix_agent.ray_node.task import run_attempt, warm_up
from qubix_agent.runner.presence import Control, control_path, order
from qubix_agent.runner.stop import Stop

MAX_WARM_WORKERS: Final = 8
_WARM_SECONDS: Final = 20.0
_SLIVER: Final = 0.01


class RunnerActor:
    """Owns what runs on its node. All methods may be called at the same time."""

    def __init__(self) -> None:
        self._node_id = ray.get_runtime_context().get_node_id()
        self._running_folder = AgentHome(Path(os.environ[HOME_VARIABLE])).running
        self._running_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fates: dict[str, asyncio.Task[dict[str, Any]]] = {}
        self._warming = asyncio.Lock()
        self._expected = 0
        self._all_arrived = asyncio.Event()

    async def run(self, spec: dict[str, Any]) -> dict[str, Any]:
        """Run an attempt, and answer when it has ended. An attempt that runs already is not started again.

        Args:
            spec: an `AttemptSpec` on the wire.

        Returns:
            What `run_attempt` returns.

        Raises:
            ray.exceptions.RayError: the attempt's worker died; it will never report again.
        """
        attempt = AttemptSpec.model_validate(spec)
        key = str(attempt.attempt_id)
        if key not in self._fates:
            self._fates[key] = asyncio.create_task(self._run(attempt, spec))
        # A caller that dies must not take the attempt along.
        return await asyncio.shield(self._fates[key])

    async def cancel(self, attempt_id: str) -> bool:
        """Stop an attempt within a second. False where it does not run here."""
        return order(self._running_folder, UUID(attempt_id), Stop.CANCELLED)

    async def running(self) -> list[str]:
        """The attempts that run here, and those that are about to."""
        return sorted(self._fates)

    async def warm(self) -> int:
        """Start as many workers as attempts will want at once, and have them ready. Returns how many there are.

        While attempts hold all cards, those workers that would need one are not started: the attempts' own are warm.
        """
        async with self._warming:
            shares = self._wanted_workers()
            self._expected = len(shares)
            self._all_arrived.clear()
            gate = ray.get_runtime_context().current_actor
            tasks = [warm_up.options(**self._pinned(), num_gpus=share).remote(gate) for share in shares]
            waiting = {asyncio.create_task(_awaited(task)): task for task in tasks}
            done, late = await asyncio.wait(waiting, timeout=_WARM_SECONDS)
            self._all_arrived.set()
            for task in late:
                ray.cancel(waiting[task])
            for task in done:
                task.result()
            return len(done)

    async def arrived(self) -> None:
        """Called by each worker that is warm; answers when all are."""
        self._expected -= 1
        if self._expected <= 0:
            self._all_arrived.set()
        await self._all_arrived.wait()

    async def _run(self, attempt: AttemptSpec, spec: dict[str, Any]) -> dict[str, Any]:
        # Open before the worker listens, so that an order that comes first waits for it.
        control = Control(control_path(self._running_folder, attempt.attempt_id))
        try:
            task = run_attempt.options(**self._pinned(), **_gpu_share(attempt)).remote(spec)
            ended: dict[str, Any] = await _awaited(task)
            return ended
        finally:
            control.close()
            del self._fates[str(attempt.attempt_id)]

    def _pinned(self) -> dict[str, Any]:
        return {"scheduling_strategy": NodeAffinitySchedulingStrategy(self._node_id, soft=False)}

    def _wanted_workers(self) -> list[float]:
        """The share of a GPU that each worker takes while it warms up.

        Ray keeps workers for tasks with GPUs apart from those without: a card's attempts and all others need their own.
        """
        nodes: list[dict[str, Any]] = ray.nodes()  # type: ignore[no-untyped-call]
        own = next((node for node in nodes if node["NodeID"] == self._node_id), None)
        resources: dict[str, float] = own["Resources"] if own else {}
        cards = min(int(resources.get("GPU", 0)), MAX_WARM_WORKERS)
        others = 1 if cards else min(MAX_WARM_WORKERS, max(1, int(resources.get("CPU", 0)) // 2))
        return [_SLIVER] * cards + [0.0] * others


async def _awaited(reference: Any) -> Any:
    return await reference


def _gpu_share(attempt: AttemptSpec) -> dict[str, Any]:
    """What Ray has to book for the attempt: its share of each card's own resource, and whole cards as GPUs too."""
    whole = sum(gpu.milli == WHOLE_GPU_MILLI for gpu in attempt.gpus)
    shares = {f"gpu_{gpu.index}": gpu.milli / WHOLE_GPU_MILLI for gpu in attempt.gpus}
    return {"num_gpus": whole, "resources": shares}
