"""Puts the scheduler, the chain's process and the API on the cluster: `python -m qubix_serve.supervisor.deploy`.

A process of its own, because a Ray driver holds on to its cluster, and because it can import Ray and Serve (a second)
while the cluster is still starting. The request comes as JSON on standard input; exit code 0 means that the scheduler
runs and that the API answers.
"""

import importlib
import os
import sys
from typing import Any, Final

import ray
from ray import serve
from ray.serve.config import HTTPOptions, ProxyLocation
from ray.serve.schema import LoggingConfig

from qubix_serve.supervisor.request import DeployRequest

NAMESPACE: Final = "qubix"
APPLICATION: Final = "qubix"
_READY_SECONDS: Final = 60.0


def main() -> int:
    """Read the request, deploy, and say how it went by the exit code."""
    request = DeployRequest.from_json(sys.stdin.readline())
    os.environ.update(request.environment)
    ray.init(address=request.address, namespace=NAMESPACE, log_to_driver=False)
    actors = [_find(name)() for name in (request.scheduler, request.chain) if name]
    start_api(request)
    ray.get([actor.__ray_ready__.remote() for actor in actors], timeout=_READY_SECONDS)
    return 0


def start_api(request: DeployRequest) -> None:
    """Run the API on core nodes behind one proxy on the head, and wait until it answers."""
    # One line of log for each request, written while it is answered, costs more than the answer.
    logging = LoggingConfig(enable_access_log=False)
    serve.start(
        proxy_location=ProxyLocation.HeadOnly,
        http_options=HTTPOptions(host="127.0.0.1", port=request.http_port),
        logging_config=logging,
    )
    build = _find(request.application)
    serve.run(build(replicas=request.replicas), name=APPLICATION, route_prefix="/", logging_config=logging)


def _find(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


if __name__ == "__main__":
    sys.exit(main())
