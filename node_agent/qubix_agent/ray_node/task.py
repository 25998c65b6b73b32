"""The Ray task that runs one attempt on a provider's node. Imports nothing of the platform."""

from typing import Any

import ray
from ray.actor import ActorHandle

from qubix.schemas.attempts import AttemptSpec
from qubix_agent.runner.context import context_of_process
from qubix_agent.runner.run import run


# A task with GPUs gets a new worker each time unless max_calls says otherwise, which costs 600 ms. The worker itself
# never touches a GPU, the sandboxed child does, so nothing leaks from one attempt into the next.
@ray.remote(num_cpus=0, max_calls=0, max_retries=0)
def run_attempt(spec: dict[str, Any]) -> dict[str, Any]:
    """Run an attempt to its end, which is reported to the API.

    Args:
        spec: an `AttemptSpec` on the wire.

    Returns:
        `cause`, and `delivered`: whether the platform accepted the report.
    """
    ended = run(AttemptSpec.model_validate(spec), context=context_of_process())
    return {"cause": str(ended.report.cause), "delivered": ended.delivered.value}


@ray.remote(num_cpus=0, max_calls=0, max_retries=0)
def warm_up(gate: ActorHandle[Any]) -> None:
    """Have this worker ready for its first attempt, everything imported.

    Args:
        gate: the runner actor, which lets all of them go when the last has come, so that each took another worker.
    """
    context_of_process().warm_up()
    ray.get(gate.arrived.remote())
