"""The same app under plain uvicorn, on the same database, in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import uvicorn

from benchmarks.stand import NotReady
from qubix_agent.ray_node import free_port
from qubix_agent.ray_node.environment import clean_environment
from qubix_platform.observability.logs import configure_logs
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings
from qubix_serve.supervisor.platform import api_answers

_PORT_VARIABLE: Final = "BENCHMARK_PORT"
_READY_SECONDS: Final = 30.0


@contextmanager
def served_by_uvicorn(settings: Mapping[str, str]) -> Iterator[str]:
    """Serve until the block ends; its address.

    Args:
        settings: the variables that the API reads.

    Raises:
        NotReady: it did not answer.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", __name__],
        env=clean_environment() | dict(settings) | {_PORT_VARIABLE: str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # As the platform's processes have one: the kernel shares the processor out by sessions.
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + _READY_SECONDS
        while not api_answers(url):
            if server.poll() is not None or time.monotonic() > deadline:
                raise NotReady(f"the API under uvicorn did not answer at {url}")
            time.sleep(0.05)
        yield url
    finally:
        server.terminate()
        server.wait()


def _main() -> None:
    configure_logs()
    app = create_app(ServeSettings.from_environment())
    port = int(os.environ[_PORT_VARIABLE])
    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    _main()
