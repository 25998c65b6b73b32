"""What the chain's process needs to know, read from the environment of the core node."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from qubix.qubic import identity
from qubix.qubic.errors import InvalidIdentity
from qubix.schemas.base import MAX_QU
from qubix_actors.errors import SettingMissing
from qubix_platform.chain.transactions.lifecycle import TICKS_AHEAD
from qubix_platform.database.settings import DatabaseSettings

KEY_FILE: Final = "chain.key"
"""In the platform's home, unless `QUBIX_CHAIN_KEY_FILE` names another."""
DEFAULT_HOT_LIMIT: Final = 10_000_000_000
_DEFAULT_POLL_MS: Final = 250


@dataclass(frozen=True, kw_only=True)
class ChainSettings:
    """Settings of the chain's process.

    Attributes:
        database: where every fact is.
        url: of a server of the network.
        key_file: holds the seed of the platform's keys.
        key_command: prints that seed, where a secret store has it; None where it is in the file.
        treasury: the identity of a treasury whose key is elsewhere; None derives one from the same seed.
        hot_limit: QU that the hot wallet shall hold at most.
        poll_ms: how often the network is asked where it is.
        ticks_ahead: so far ahead the tick is that a transaction is signed for: far enough to be relayed in time.
        reconcile_ticks: after so many ticks chain and books are compared.
    """

    database: DatabaseSettings
    url: str
    key_file: Path
    key_command: str | None = None
    treasury: str | None = None
    hot_limit: int = DEFAULT_HOT_LIMIT
    poll_ms: int = _DEFAULT_POLL_MS
    ticks_ahead: int = TICKS_AHEAD
    reconcile_ticks: int = 20

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self | None:
        """Read `DATABASE_URL`, `QUBIX_CHAIN_URL` and what goes with it; None where the platform has no chain.

        Raises:
            SettingMissing: a setting cannot be understood.
            DatabaseMisconfigured: `DATABASE_URL` is no address of PostgreSQL.
        """
        url = environment.get("QUBIX_CHAIN_URL")
        if not url:
            return None
        home = Path(environment.get("QUBIX_HOME", "/var/lib/qubix"))
        treasury = environment.get("QUBIX_TREASURY") or None
        if treasury is not None:
            try:
                identity.decode_wallet(treasury)
            except InvalidIdentity as error:
                raise _unusable("QUBIX_TREASURY", error.obstacle) from error
        return cls(
            database=DatabaseSettings.from_environment(environment),
            url=url,
            key_file=Path(environment.get("QUBIX_CHAIN_KEY_FILE") or home / KEY_FILE),
            key_command=environment.get("QUBIX_CHAIN_KEY_COMMAND") or None,
            treasury=treasury,
            hot_limit=_number(environment, "QUBIX_HOT_LIMIT", DEFAULT_HOT_LIMIT, most=MAX_QU),
            poll_ms=_number(environment, "QUBIX_CHAIN_POLL_MS", _DEFAULT_POLL_MS, least=10, most=60_000),
        )


def _number(environment: Mapping[str, str], name: str, default: int, *, least: int = 0, most: int) -> int:
    text = environment.get(name, str(default))
    if not text.isdecimal() or not least <= int(text) <= most:
        raise _unusable(name, f"it is not a whole number from {least} to {most}")
    return int(text)


def _unusable(name: str, obstacle: str) -> SettingMissing:
    return SettingMissing(
        asked=f"Reading the setting {name}",
        obstacle=obstacle,
        remedy="Mend it or leave it out; see the README for what it means.",
    )
