"""The smallest scheduler and API that a platform can be brought up with, for tests of what runs them."""

import os
from typing import Any

import ray
from fastapi import FastAPI
from ray import serve

from qubix_serve.supervisor.loopback import hold_replica_to_loopback

app = FastAPI()


class Scheduler:
    """Knows where it runs."""

    async def where(self) -> tuple[int, str]:
        """Its process and its node."""
        return os.getpid(), ray.get_runtime_context().get_node_id()


@app.get("/api/health")
def health() -> dict[str, object]:
    """What the supervisor asks for."""
    return {"status": "ok", "parts": [{"name": "database", "state": "ok", "detail": "stand-in"}], "pid": os.getpid()}


@app.get("/settings")
def settings() -> list[str]:
    """The names of this process's environment."""
    return sorted(os.environ)


def deploy_scheduler() -> Any:
    """Start the scheduler, as the real one is started."""
    options: dict[str, Any] = {
        "name": "scheduler",
        "namespace": "qubix",
        "lifetime": "detached",
        "get_if_exists": True,
        "max_restarts": -1,
        "num_cpus": 0,
        "label_selector": {"qubix.io/role": "core"},
    }
    return ray.remote(Scheduler).options(**options).remote()


class Api:
    """An API with nothing behind it."""

    def __init__(self) -> None:
        hold_replica_to_loopback()


def build(*, replicas: int) -> serve.Application:
    """The application, as the real one is built."""
    configured = serve.deployment(
        num_replicas=replicas,
        max_ongoing_requests=100,
        ray_actor_options={"num_cpus": 0, "label_selector": {"qubix.io/role": "core"}},
    )
    application: serve.Application = configured(serve.ingress(app)(Api)).bind()
    return application
