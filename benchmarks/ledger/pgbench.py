"""Running pgbench."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import URL

from benchmarks.children import ContenderFailed
from qubix_platform.database.embedded.binaries import find_binaries

_RATE: Final = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
_FAILED: Final = re.compile(r"^number of failed transactions: ([0-9]+)", re.MULTILINE)
_THREADS: Final = 2
_START_SECONDS: Final = 60


@dataclass(frozen=True)
class Pgbench:
    """pgbench against one database, with prepared statements, as our driver has them."""

    url: URL

    def initialise(self, *, scale: int) -> None:
        """Make the tables of TPC-B."""
        self._run(["-i", "-q", "-s", str(scale)], seconds=scale * 10 + _START_SECONDS)

    def rate(self, *, clients: int, seconds: int, script: Path | None = None) -> float:
        """Transactions a second, of a script or of TPC-B.

        Raises:
            ContenderFailed: a transaction failed.
        """
        said = self._run([*_load(clients, script), "-T", str(seconds)], seconds=seconds + _START_SECONDS)
        return _rate(said)

    def repeat(self, *, clients: int, times: int, script: Path) -> float:
        """Run a script so many times for each client; transactions a second."""
        return _rate(self._run([*_load(clients, script), "-t", str(times)], seconds=times + _START_SECONDS))

    def _run(self, arguments: Sequence[str], *, seconds: float) -> str:
        url = self.url
        environment = {
            **os.environ,
            "PGHOST": str(url.query["host"]),
            "PGPORT": str(url.query["port"]),
            "PGUSER": url.username or "",
            "PGPASSWORD": url.password or "",
            "PGDATABASE": url.database or "",
        }
        ended = subprocess.run(
            [find_binaries() / "pgbench", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if ended.returncode != 0:
            raise ContenderFailed(f"pgbench ended with code {ended.returncode}: {ended.stderr.strip()[-1500:]}")
        return ended.stdout


def _load(clients: int, script: Path | None) -> list[str]:
    chosen = ["-f", str(script)] if script is not None else []
    return ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, _THREADS)), *chosen]


def _rate(said: str) -> float:
    rate, failed = _RATE.search(said), _FAILED.search(said)
    if rate is None or (failed is not None and failed[1] != "0"):
        raise ContenderFailed(f"pgbench said: {said.strip()[-1500:]}")
    return float(rate[1])
