"""Putting the scheduler on the cluster."""

from typing import Any

import ray

from qubix_actors.names import CORE_ROLE, NAMESPACE, ROLE_LABEL, SCHEDULER_NAME
from qubix_actors.scheduler import SchedulerActor


def deploy_scheduler() -> Any:
    """Make the scheduler's actor, or get the one that is there. The driver that calls this may end.

    It runs on a core node only, since it holds the database's password, and is restarted for ever.

    Returns:
        The actor's handle; `health.remote()` tells how it is.
    """
    return (
        ray.remote(SchedulerActor)
        .options(
            name=SCHEDULER_NAME,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            max_task_retries=0,
            num_cpus=0,
            label_selector={ROLE_LABEL: CORE_ROLE},
        )
        .remote()
    )
