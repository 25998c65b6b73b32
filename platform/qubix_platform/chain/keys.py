"""The platform's own keys: one seed in a file of mode 0600 or in a secret store, and an identity for each purpose and
number.
"""

import os
import secrets
import stat
import string
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from qubix.qubic import keys
from qubix.qubic.errors import InvalidSeed
from qubix.qubic.hashing import k12
from qubix_platform.chain.errors import KeyFileUnusable
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.chain.secret_store import service as secret_store

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class KeyRing:
    """Every key of the platform, derived from one seed: K12(subseed ‖ purpose ‖ number as LE64)."""

    master: bytes = field(repr=False)

    @classmethod
    def from_seed(cls, seed: str) -> Self:
        """The keys of a seed of 55 letters.

        Raises:
            InvalidSeed: it is none.
        """
        return cls(keys.derive(seed).subseed)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The keys of the seed in a file that only its owner may read.

        Raises:
            KeyFileUnusable: there is no such file, others may read it, or it holds no seed.
        """
        try:
            mode = path.stat().st_mode
            seed = path.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(path, f"it cannot be read: {error}") from error
        if mode & _OTHERS:
            raise _unusable(path, f"its mode is {stat.S_IMODE(mode):04o}, so that others may read it")
        try:
            return cls.from_seed(seed)
        except InvalidSeed as error:
            raise _unusable(path, "it does not hold a seed of 55 letters from a to z") from error

    @classmethod
    def from_command(cls, command: str) -> Self:
        """The keys of the seed that a command prints, which asks a secret store for it. No shell reads it.

        Raises:
            KeyFileUnusable: it does not run, fails, takes longer than half a minute, or prints no seed.
        """
        try:
            return cls.from_seed(secret_store.ask(command).strip())
        except InvalidSeed:
            obstacle = "what it printed is no seed of 55 letters from a to z"
            raise KeyFileUnusable(asked=secret_store.ASKED, obstacle=obstacle, remedy=secret_store.REMEDY) from None

    def keys(self, purpose: AddressPurpose, index: int) -> keys.Keys:
        """The keys of one identity."""
        return keys.from_subseed(k12(self.master + purpose.value.encode() + index.to_bytes(8, "little")))


def create_key_file(path: Path) -> None:
    """Make a fresh seed in a file of mode 0600. A file that is there is left alone.

    Raises:
        KeyFileUnusable: it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as error:
        raise _unusable(path, f"it cannot be made: {error}") from error
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(secrets.choice(string.ascii_lowercase) for _ in range(keys.SEED_LETTERS)))
        file.flush()
        os.fsync(file.fileno())


def _unusable(path: Path, obstacle: str) -> KeyFileUnusable:
    return KeyFileUnusable(
        asked=f"Reading the platform's chain keys from {path}",
        obstacle=obstacle,
        remedy="Put the seed there with mode 0600, name its file in QUBIX_CHAIN_KEY_FILE, or what prints it in "
        "QUBIX_CHAIN_KEY_COMMAND.",
    )
