"""The platform's own devnet: a process of its own, which outlives the supervisor like everything that it starts."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from qubix_agent.ray_node import ProcessIdentity
from qubix_agent.ray_node.environment import clean_environment
from qubix_agent.ray_node.stop import kill
from qubix_serve.supervisor.chain import LOOPBACK, devnet_url
from qubix_serve.supervisor.errors import ChainMisconfigured, DeployFailed
from qubix_serve.supervisor.home import HOME_VARIABLE, Home

TICK_VARIABLE: Final = "QUBIX_DEVNET_TICK_MS"
DEFAULT_TICK_MS: Final = 250
_SHORTEST_TICK_MS: Final = 20
_LONGEST_TICK_MS: Final = 60_000
_START_SECONDS: Final = 30.0
_ANSWER_SECONDS: Final = 2.0
_ROLE: Final = "devnet"


def start_devnet(home: Home, *, port: int) -> ProcessIdentity:
    """Start the home's devnet where it ended. It does not answer yet.

    Raises:
        ChainMisconfigured: its ticks cannot be that long or short.
    """
    command = [sys.executable, "-m", "qubix_platform.qubic.devnet"]
    command += ["--data", str(home.devnet), "--port", str(port), "--tick-ms", str(tick_ms())]
    with _log(home).open("ab") as log:
        process = subprocess.Popen(
            command,
            env=clean_environment() | {HOME_VARIABLE: str(home.path)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=home.path,
            start_new_session=True,
        )
    return ProcessIdentity.of(process.pid, role=_ROLE)


def wait_for_devnet(home: Home, identity: ProcessIdentity, *, port: int) -> None:
    """Wait until the devnet answers.

    Raises:
        DeployFailed: it ended, or did not answer in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    while tick_of(devnet_url(port)) is None:
        if not identity.is_alive():
            raise _failed(home, "it ended")
        if time.monotonic() >= deadline:
            raise _failed(home, f"it gave no answer for {_START_SECONDS:.0f} s")
        time.sleep(0.02)


def stop_devnet(identity: ProcessIdentity) -> None:
    """Kill the devnet, which loses nothing by it, and wait for its end."""
    process = identity.process()
    if process is not None:
        kill([process])


def tick_of(url: str) -> dict[str, Any] | None:
    """What a server of the chain says of itself, `tick`, `epoch` and a devnet's `name`; None without an answer."""
    try:
        # The proxy of this machine stands before the network, never before its own devnet.
        proxied = urlsplit(url).hostname != LOOPBACK
        answer = httpx.get(f"{url}/live/v1/tick-info", timeout=_ANSWER_SECONDS, trust_env=proxied)
        found: dict[str, Any] = answer.raise_for_status().json()["tickInfo"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    return found


def require_real_money(url: str) -> None:
    """Refuse a chain whose money is worth nothing. A chain that does not answer now is taken.

    Raises:
        ChainMisconfigured: it is a devnet.
    """
    info = tick_of(url)
    if info is not None and info.get("name"):
        raise ChainMisconfigured(
            asked="Starting a platform for production",
            obstacle=f"the chain at {url} is a {info['name']}, whose money anybody can make",
            remedy="Set QUBIX_CHAIN to a server of the Qubic network, or leave it out to have no chain.",
        )


def tick_ms(environment: Mapping[str, str] | None = None) -> int:
    """How long the devnet's ticks take, in milliseconds: `QUBIX_DEVNET_TICK_MS`, else a quarter of a second.

    Raises:
        ChainMisconfigured: no number from 20 to 60,000.
    """
    given = (os.environ if environment is None else environment).get(TICK_VARIABLE) or str(DEFAULT_TICK_MS)
    if not given.isdecimal() or not _SHORTEST_TICK_MS <= int(given) <= _LONGEST_TICK_MS:
        raise ChainMisconfigured(
            asked=f"Reading the setting {TICK_VARIABLE}",
            obstacle=f"{given!r} is not a number of milliseconds from {_SHORTEST_TICK_MS} to {_LONGEST_TICK_MS}",
            remedy="Set another one, or leave it out.",
        )
    return int(given)


def _failed(home: Home, obstacle: str) -> DeployFailed:
    said = _log(home).read_text(errors="replace").strip()
    last = said.rsplit("\n", maxsplit=1)[-1]
    return DeployFailed(
        asked="Starting the devnet",
        obstacle=f"{obstacle}; its last words: {last or 'none'}",
        remedy=f"Read {_log(home)}.",
        details={"log": str(_log(home)), "end_of_log": said[-2000:]},
    )


def _log(home: Home) -> Path:
    return home.logs / "devnet.log"
