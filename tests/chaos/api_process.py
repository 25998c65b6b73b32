"""The API in a process of its own, on one address, to be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping

import httpx
import uvicorn
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from qubix_agent.ray_node.environment import clean_environment
from qubix_platform.observability.logs import configure_logs
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings

_PORT = "TEST_API_PORT"
_READY_S = 60


class ApiProcess:
    """A real API over a real database, without the rest of a platform.

    Args:
        settings: the variables that it reads.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        self._environment = clean_environment() | dict(settings) | {_PORT: str(port)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns once it answers."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        Retrying(retry=retry_if_result(lambda up: not up), stop=stop_after_delay(_READY_S), wait=wait_fixed(0.05))(
            self._answers
        )

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/ledger/roots", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def _main() -> None:
    configure_logs()
    app = create_app(ServeSettings.from_environment())
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ[_PORT]), log_config=None, access_log=False)


if __name__ == "__main__":
    _main()
