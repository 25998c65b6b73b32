"""Where Ray's sockets and logs live: short, ours, and closed to everybody else."""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Final

from qubix_agent.ray_node.errors import UnusableFolder

# A unix socket's path may have 107 bytes, and Ray puts about 65 after the folder that it is given.
LONGEST_FOLDER: Final = 42


def base_folder() -> Path:
    """The folder that holds all of this user's Ray folders on this machine, made on first use.

    Raises:
        UnusableFolder: it belongs to somebody else, is a link, or is open to others.
    """
    folder = Path(tempfile.gettempdir()) / f"qubix-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise UnusableFolder(
            asked=f"Keeping Ray's sockets in {folder}",
            obstacle="it is a link, belongs to another user, or is open to others, so somebody could read the cluster",
            remedy=f"Remove {folder}, or set TMPDIR to a short folder of your own.",
        )
    return folder


def short_folder(owner: Path) -> Path:
    """The folder for Ray's files of the node that `owner`, a long-lived folder of ours, stands for.

    The same owner gets the same folder at each start. Ray opens its session folder to everybody; the parents' 0700
    closes it again.

    Raises:
        UnusableFolder: the temporary folder is too deep for unix sockets, or not ours.
    """
    name = hashlib.sha256(str(owner.resolve()).encode()).hexdigest()[:8]
    folder = base_folder() / name
    length = len(os.fsencode(folder))
    if length > LONGEST_FOLDER:
        raise UnusableFolder(
            asked=f"Keeping Ray's sockets in {folder}",
            obstacle=f"the path has {length} bytes and Ray's unix sockets leave room for {LONGEST_FOLDER}",
            remedy="Set TMPDIR to a shorter folder, such as /tmp.",
        )
    return folder


def make_empty(folder: Path) -> None:
    """Make `folder` anew, empty and with mode 0700: what an earlier node left is of no use to this one."""
    shutil.rmtree(folder, ignore_errors=True)  # files of a node that is just ending may vanish under our hands
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def remove(folder: Path) -> None:
    """Remove `folder` with all that is in it."""
    shutil.rmtree(folder, ignore_errors=True)  # a process that is just ending may still write there


def keep_logs(session_folder: Path, *, into: Path) -> None:
    """Move a session's logs to `into`, where they replace those of the session before."""
    logs = session_folder / "logs"
    if not logs.is_dir():
        return
    shutil.rmtree(into, ignore_errors=True)
    into.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(logs, into)
