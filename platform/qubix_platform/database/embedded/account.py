"""The operating system's account that the server runs as. PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from qubix_platform.database.errors import EmbeddedServerError

OWN_ACCOUNT: Final = "qubix-postgres"

_KNOWN: Final = (OWN_ACCOUNT, "postgres")


@dataclass(frozen=True)
class Account:
    """An account; `is_other` where this process has to change into it."""

    name: str
    uid: int
    gid: int
    is_other: bool

    def run_as(self) -> dict[str, Any]:
        """Keyword arguments that make `subprocess` run as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def give(self, path: Path) -> None:
        """Make this account the owner of `path`."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether this account can reach what lies in `folder`."""
        return subprocess.run(["test", "-x", folder], cwd="/", check=False, timeout=30, **self.run_as()).returncode == 0


def account_for(data: Path) -> Account:
    """The account for the data directory `data`: its owner where it exists, so that the choice stays what it was.

    Raises:
        EmbeddedServerError: as root, where no account exists and none can be made; otherwise where the data belongs to
            somebody else.
    """
    owner = data.stat().st_uid if data.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise EmbeddedServerError(
                asked="Starting the embedded database",
                obstacle=f"{data} belongs to {_name(owner)}, not to you",
                remedy="Run as that user, or choose another home with --home.",
            )
        return Account(_name(os.geteuid()), os.geteuid(), os.getegid(), is_other=False)
    if owner:
        return _account(pwd.getpwuid(owner))
    for name in _KNOWN:
        if (entry := _find(name)) is not None:
            return _account(entry)
    return _account(_make())


def _make() -> pwd.struct_passwd:
    if shutil.which("useradd") is not None:
        command = [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
        ]
        subprocess.run([*command, OWN_ACCOUNT], capture_output=True, check=False, timeout=30)
    if (entry := _find(OWN_ACCOUNT)) is not None:
        return entry
    raise EmbeddedServerError(
        asked="Starting the embedded database as root",
        obstacle=f"PostgreSQL does not run as root, and the account {OWN_ACCOUNT!r} could not be made",
        remedy=f"Make it (`useradd --system {OWN_ACCOUNT}`), run as another user, or set DATABASE_URL.",
    )


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, is_other=True)


def _name(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return f"uid {uid}"
