"""A devnet for tests: a real one behind a real socket, with ticks of 20 ms, in a thread of the test's process.

    async def test_payment(devnet: LiveDevnet) -> None:
        devnet.fund(identity, 1_000)
        devnet.plan(rates={"drop": 0.2}, archiveLag=5)
        async with QubicRpc(devnet.url) as rpc: ...

Methods are plain calls; those that wait have a deadline. `DevnetProcess` is the same in a process of its own, which can
be killed.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import httpx
import pytest

from qubix.qubic import keys
from qubix.qubic.keys import Keys
from qubix.wallets import seeds
from qubix_platform.qubic.devnet.server import listen, make_server

TICK_MS: Final = 20
_SECONDS: Final = 30


class LiveDevnet:
    """What a test can do with a devnet besides talking to it as the network.

    Args:
        url: where it is.
        folder: its data.
    """

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self._http = httpx.Client(base_url=f"{url}/devnet/v1", timeout=_SECONDS + 5, trust_env=False)

    def close(self) -> None:
        """Close the connection; the devnet goes on."""
        self._http.close()

    @staticmethod
    def developer(number: int = 0) -> Keys:
        """The keys of one of the seeds that have money from the start."""
        return keys.derive(seeds.funded(number))

    def state(self) -> dict[str, Any]:
        """What it is like now: `tick`, `processedTick`, `epoch`, `supply`, `burned`, `pending`, `faults`, `tickMs`."""
        return self._ask("GET", "state")

    @property
    def tick(self) -> int:
        """The last tick that was executed."""
        return int(self.state()["tick"])

    def balance(self, identity: str) -> int:
        """What an identity holds, as the chain says it now: faults apply."""
        answer = self._http.get(f"{self.url}/live/v1/balances/{identity}")
        return int(answer.raise_for_status().json()["balance"]["balance"])

    def fund(self, identity: str, amount: int) -> str:
        """Pay an identity from the faucet, wait until the archive knows it, and return the transaction's id."""
        paid = self._ask("POST", "faucet", identity=identity, amount=amount)
        self.wait_for_tick(paid["tick"], processed=True)
        return str(paid["transactionId"])

    def plan(self, **plan: Any) -> None:
        """Misbehave by a plan from now on: `rates` by name of the fault, `seed`, `archiveLag`, `balanceLag`,
        `replicaLag`, `stopped`. Without arguments: behave."""
        self._ask("PUT", "faults", **plan)

    def order(self, fault: str, *, times: int = 1) -> None:
        """Have a fault happen on its next occasions."""
        self._ask("POST", "faults/next", fault=fault, times=times)

    def pass_ticks(self, count: int = 1) -> int:
        """Let ticks pass at once, also on a stopped chain, and return the tick that it is at."""
        return int(self._ask("POST", "ticks", count=count)["tick"])

    def begin_epoch(self, *, skipped: int = 1000) -> int:
        """Begin the next epoch, with skipped ticks before it, and return its first tick."""
        return int(self._ask("POST", "epoch", skipped=skipped)["tick"])

    def set_clock(self, tick_ms: int) -> None:
        """Let ticks come in another rhythm; 0 for none but those of `pass_ticks`."""
        self._ask("PUT", "clock", tickMs=tick_ms)

    def wait_for_tick(self, tick: int, *, processed: bool = False) -> None:
        """Wait until the chain, or its archive, is at a tick."""
        self._ask("POST", "wait", tick=tick, processed=processed, seconds=_SECONDS)

    def _ask(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self._http.request(method, path, json=body if method != "GET" else None)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def devnet_in_thread(folder: Path, *, tick_ms: int = TICK_MS, seed: int = 0) -> Iterator[LiveDevnet]:
    """A devnet for the block, in a thread. What it wrote to `folder` stays."""
    sock = listen(host="127.0.0.1", port=0)
    server = make_server(folder, tick_ms=tick_ms, seed=seed)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    live = LiveDevnet(f"http://127.0.0.1:{sock.getsockname()[1]}", folder)
    try:
        live.state()
        yield live
    finally:
        live.close()
        server.should_exit = True
        thread.join(timeout=_SECONDS)
        assert not thread.is_alive()


class DevnetProcess(LiveDevnet):
    """A devnet in a process of its own, to be used in `with`. Started again on the same folder it goes on."""

    def __init__(self, folder: Path, *, port: int = 0, tick_ms: int = TICK_MS) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "qubix_platform.qubic.devnet"),
                *("--data", str(folder), "--port", str(port), "--tick-ms", str(tick_ms)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.first_line: dict[str, Any] = json.loads(self.process.stdout.readline())
        super().__init__(self.first_line["url"], folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it, when it still runs."""
        self.close()
        self.kill()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def devnet(tmp_path: Path) -> Iterator[LiveDevnet]:
    """A fresh devnet of the test's own, with ticks of 20 ms and no faults."""
    with devnet_in_thread(tmp_path / "devnet") as live:
        yield live
