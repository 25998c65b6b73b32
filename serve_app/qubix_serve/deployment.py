"""The API on Ray Serve."""

from typing import Final

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from qubix_platform.observability.logs import configure_logs
from qubix_serve.app import create_app
from qubix_serve.observability.tracking import report_errors
from qubix_serve.settings import ServeSettings
from qubix_serve.supervisor.loopback import hold_replica_to_loopback

# Serve's default of 5 would let the sixth WebSocket hang.
MAX_ONGOING_REQUESTS: Final = 20_000
_HEALTH_CHECK_PERIOD_S: Final = 2.0
_SHUTDOWN_WAIT_S: Final = 1.0


def build(*, replicas: int) -> Application:
    """The application to give to `serve.run`.

    Settings are read on the core node, in each replica: nothing of them travels through Ray.

    Args:
        replicas: how many processes answer requests.
    """
    configured = serve.deployment(
        name="api",
        num_replicas=replicas,
        max_ongoing_requests=MAX_ONGOING_REQUESTS,
        health_check_period_s=_HEALTH_CHECK_PERIOD_S,
        graceful_shutdown_wait_loop_s=_SHUTDOWN_WAIT_S,
        graceful_shutdown_timeout_s=_SHUTDOWN_WAIT_S,
        ray_actor_options={"num_cpus": 0, "label_selector": {"qubix.io/role": "core"}},
    )
    application: Application = configured(serve.ingress(_build_app)()).bind()
    return application


def _build_app() -> FastAPI:
    configure_logs()
    report_errors()
    hold_replica_to_loopback()
    return create_app(ServeSettings.from_environment())
