"""What the chain's process reads from the core node's environment, its keys above all."""

import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from qubix.qubic import keys
from qubix_actors.chain.actor import _leader
from qubix_actors.chain.settings import ChainSettings
from qubix_platform.chain.errors import KeyFileUnusable

SEED = "s" * 55
CHAIN = {"DATABASE_URL": "postgresql://qubix_app:word@db/qubix", "QUBIX_CHAIN_URL": "http://127.0.0.1:1"}


async def started(**environment: str) -> None:
    async with AsyncExitStack() as stack:
        await _leader(ChainSettings.from_environment(CHAIN | environment), stack)


async def test_its_keys_are_in_a_file_or_come_from_a_secret_store(tmp_path: Path) -> None:
    (tmp_path / "store.py").write_text(f"print('{SEED}')")
    await started(QUBIX_CHAIN_KEY_COMMAND=f"{sys.executable} {tmp_path / 'store.py'}", QUBIX_HOME=str(tmp_path))
    with pytest.raises(KeyFileUnusable, match="secret store"):
        await started(QUBIX_CHAIN_KEY_COMMAND="/nowhere/store", QUBIX_HOME=str(tmp_path))
    with pytest.raises(KeyFileUnusable, match=r"chain\.key"):
        await started(QUBIX_HOME=str(tmp_path))
    file = tmp_path / "chain.key"
    file.write_text(SEED)
    file.chmod(0o600)
    await started(QUBIX_HOME=str(tmp_path))


def test_without_a_chain_there_are_no_settings_of_one() -> None:
    assert ChainSettings.from_environment({"DATABASE_URL": CHAIN["DATABASE_URL"]}) is None
    settings = ChainSettings.from_environment(CHAIN | {"QUBIX_TREASURY": keys.derive(SEED).identity})
    assert settings is not None
    assert settings.key_command is None
