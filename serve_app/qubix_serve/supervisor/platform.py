"""The scheduler and the API on the cluster: deploying them, and asking whether they answer."""

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

import httpx

from qubix_agent.ray_node.environment import clean_environment, driver_environment
from qubix_serve.supervisor.errors import DeployFailed
from qubix_serve.supervisor.home import HOME_VARIABLE, Home
from qubix_serve.supervisor.request import DeployRequest

DEPLOY_SECONDS: Final = 180.0
HEALTH_SECONDS: Final = 2.0


class Deployment:
    """A deploying process, started early so that it has imported everything when the cluster is up.

    Args:
        home: whose log it writes to.
        settings: Serve's settings, which it reads on import.
        on_loopback: whether the cluster is.
    """

    def __init__(self, home: Home, *, settings: Mapping[str, str], on_loopback: bool) -> None:
        self.log = home.logs / "deploy.log"
        environment = clean_environment() | driver_environment(token_file=home.ray_token, on_loopback=on_loopback)
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "qubix_serve.supervisor.deploy"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment | dict(settings) | {HOME_VARIABLE: str(home.path)},
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, when it still runs."""
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def run(self, request: DeployRequest) -> None:
        """Deploy, and wait until the API answers.

        Raises:
            DeployFailed: it did not, with the end of the log.
        """
        try:
            self._process.communicate(f"{request.to_json()}\n".encode(), timeout=DEPLOY_SECONDS)
        except subprocess.TimeoutExpired:
            raise self._failed(f"it was not done after {DEPLOY_SECONDS:.0f} s") from None
        if self._process.returncode != 0:
            raise self._failed(f"the deploying process ended with code {self._process.returncode}")

    def _failed(self, obstacle: str) -> DeployFailed:
        said = self.log.read_text(errors="replace").strip()
        last = said.rsplit("\n", maxsplit=1)[-1]
        return DeployFailed(
            asked="Deploying the scheduler and the API",
            obstacle=f"{obstacle}; its last words: {last or 'none'}",
            remedy=f"Read {self.log}.",
            details={"log": str(self.log), "end_of_log": said[-4000:]},
        )


def api_answers(url: str, *, seconds: float = HEALTH_SECONDS) -> bool:
    """Whether the API gives any answer of its own now, however unwell it says it is.

    A proxy that has no API behind it answers 404 or 503 in the API's place.
    """
    try:
        answer = httpx.get(f"{url}/api/health", timeout=seconds, trust_env=False)
    except httpx.HTTPError:
        return False
    kind: str = answer.headers.get("content-type", "")
    return kind.startswith("application/json")


def wait_for_api(url: str, *, seconds: float, log: Path) -> None:
    """Wait until the API answers through its proxy.

    Raises:
        DeployFailed: it did not in time.
    """
    deadline = time.monotonic() + seconds
    while not api_answers(url):
        if time.monotonic() >= deadline:
            raise DeployFailed(
                asked=f"Reaching the API at {url}",
                obstacle=f"it gave no answer for {seconds:.0f} s after it was deployed",
                remedy=f"Read {log}, and see that nothing else listens on that port.",
            )
        time.sleep(0.05)
