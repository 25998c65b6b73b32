"""The folders of one embedded server: who may enter them, and where its socket lies."""

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

from qubix_platform.database.embedded.account import Account
from qubix_platform.database.errors import EmbeddedServerError

PORT: Final = 5432
"""Only names the socket's file: nothing listens on the network."""

_LONGEST_SOCKET: Final = 107


def make_root(folder: Path) -> None:
    """Make `folder` and what is missing above it, so that the server's account can enter whatever the umask is."""
    for path in [folder, *folder.parents][::-1]:
        if not path.exists():
            path.mkdir()
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)


def require_entry(folder: Path, account: Account) -> None:
    """Raise `EmbeddedServerError` where `account` cannot reach what lies in `folder`."""
    if not account.can_enter(folder):
        raise EmbeddedServerError(
            asked="Starting the embedded database",
            obstacle=f"the account {account.name!r}, which must run it, cannot enter {folder}",
            remedy="Let others pass through the folders above it (`chmod o+x`), or choose another home with --home.",
        )


def socket_folder(root: Path) -> Path:
    """Where the socket lies. Its path may have at most 107 bytes, so a deep root gets a folder elsewhere."""
    folder = root / "run"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= _LONGEST_SOCKET:
        return folder
    return Path(tempfile.gettempdir()) / f"qubix-{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}"


def make_socket_folder(root: Path, account: Account) -> Path:
    """Make the socket's folder, which only `account` (and root) may enter.

    Raises:
        EmbeddedServerError: somebody else has made it, which anybody can in a shared folder for temporary files.
    """
    folder = socket_folder(root)
    with contextlib.suppress(FileExistsError):  # whose it is, is looked at next
        folder.mkdir(mode=0o700)
        account.give(folder)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
        raise EmbeddedServerError(
            asked="Starting the embedded database",
            obstacle=f"{folder}, where its socket belongs, is somebody else's",
            remedy=f"Remove {folder}, or choose another home with --home.",
        )
    return folder
