"""The folder that holds everything of one platform: data, secrets, logs, and who uses it now."""

import errno
import json
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

import fasteners

from qubix import private_file
from qubix_agent.ray_node import ProcessIdentity
from qubix_serve.supervisor.errors import AlreadyRunning, HomeUnusable

# In the environment of every process that a platform starts: its home. By it `down` finds what no record names.
HOME_VARIABLE: Final = "QUBIX_PLATFORM"

FORMAT: Final = 1
SMALLEST_FREE_BYTES: Final = 1024**3
_OWNER_ONLY: Final = 0o700
# As root the database runs as another account, which has to pass through the home to its own folder.
_PASSABLE: Final = 0o711


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a home folder."""

    path: Path

    @classmethod
    def locate(cls, chosen: Path | None) -> Self:
        """The home that was asked for, else QUBIX_HOME, else /var/lib/qubix for root and ~/.qubix for anybody else."""
        if chosen is None:
            default = "/var/lib/qubix" if os.geteuid() == 0 else "~/.qubix"
            chosen = Path(os.environ.get("QUBIX_HOME") or default)
        return cls(chosen.expanduser().resolve())

    @property
    def postgres(self) -> Path:
        """The embedded database."""
        return self.path / "postgres"

    @property
    def blobs(self) -> Path:
        """Bundles, artifacts and checkpoints."""
        return self.path / "blobs"

    @property
    def ray(self) -> Path:
        """Ray's token, its control store, and the proxy's files."""
        return self.path / "ray"

    @property
    def agents(self) -> Path:
        """One folder for each provider agent that `qubix up` starts."""
        return self.path / "agents"

    @property
    def environments(self) -> Path:
        """Jobs' environments, shared by the home's agents."""
        return self.path / "environments"

    @property
    def devnet(self) -> Path:
        """The development chain's data."""
        return self.path / "devnet"

    @property
    def logs(self) -> Path:
        """Logs of everything that has no log of its own."""
        return self.path / "logs"

    @property
    def state(self) -> Path:
        """What was started."""
        return self.path / "state.json"

    @property
    def secrets(self) -> Path:
        """The platform's secrets, mode 0600."""
        return self.path / "secrets.json"

    @property
    def ray_token(self) -> Path:
        """Ray's token as a file of its own, as Ray wants it."""
        return self.ray / "token"

    @property
    def holder(self) -> Path:
        """Which process holds the lock."""
        return self.path / "up.json"

    def prepare(self) -> None:
        """Make the folders that are missing, and refuse a home that cannot be used.

        Raises:
            HomeUnusable: no write permission, no space left, another version's data, or somebody else's folder.
        """
        try:
            self._make_folders()
            self._check_format()
        except OSError as error:
            remedy = "Give yourself the folder, or choose another one with --home."
            match error.errno:
                case errno.EACCES | errno.EPERM | errno.EROFS:
                    obstacle = f"there is no permission to write {error.filename}"
                case errno.ENOSPC | errno.EDQUOT:
                    obstacle, remedy = "the disk is full", "Free some space, or choose another disk with --home."
                case _:
                    obstacle = f"{error.filename} cannot be made ({error.strerror})"
            raise self._unusable(obstacle, remedy) from error
        free = shutil.disk_usage(self.path).free
        if free < SMALLEST_FREE_BYTES:
            raise self._unusable(
                f"its disk has {free // 1024**2} MiB left, and the database and jobs need at least 1 GiB",
                "Free some space, or choose another disk with --home.",
            )

    def holding_process(self) -> ProcessIdentity | None:
        """The `qubix up` that runs on this home, or None."""
        try:
            identity = ProcessIdentity.from_json(json.loads(self.holder.read_text()))
        except (FileNotFoundError, ValueError, KeyError):
            return None
        return identity if identity.is_alive() else None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the home for this process alone. A process that dies lets go of it, whatever killed it.

        Raises:
            AlreadyRunning: another process holds it.
        """
        lock = fasteners.InterProcessLock(self.path / "lock")
        if not lock.acquire(blocking=False):
            holder = self.holding_process()
            raise AlreadyRunning(
                asked=f"Starting a platform in {self.path}",
                obstacle=f"`qubix up` runs there already{f' as process {holder.pid}' if holder else ''}",
                remedy="Stop it with `qubix down`, or start a second platform with another --home and --port.",
            )
        try:
            write_private(self.holder, json.dumps(ProcessIdentity.of(os.getpid(), role="up").to_json()))
            yield
            self.holder.unlink(missing_ok=True)
        finally:
            lock.release()

    def _make_folders(self) -> None:
        missing = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        for folder in reversed(missing):
            folder.mkdir(mode=_PASSABLE)
        if self.path.stat().st_uid != os.geteuid():
            raise self._unusable("it belongs to another user", "Run as that user, or choose another one with --home.")
        self.path.chmod(_PASSABLE if os.geteuid() == 0 else _OWNER_ONLY)
        for folder in (self.blobs, self.ray, self.agents, self.logs):
            folder.mkdir(mode=_OWNER_ONLY, exist_ok=True)
            folder.chmod(_OWNER_ONLY)

    def _check_format(self) -> None:
        file = self.path / "format"
        if not file.exists():
            file.write_text(f"{FORMAT}\n")
        found = file.read_text().strip()
        if found != str(FORMAT):
            raise self._unusable(
                f"its data has format {found}, and this version of QUBIX reads format {FORMAT}",
                "Use the version of QUBIX that made it, or choose another folder with --home.",
            )

    def _unusable(self, obstacle: str, remedy: str) -> HomeUnusable:
        return HomeUnusable(asked=f"Using {self.path} as the platform's home", obstacle=obstacle, remedy=remedy)


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What nobody but the platform may know. Lives in a file of mode 0600 for as long as the home does.

    Attributes:
        qubix_secret: signs the tokens of attempts.
        ray_token: lets a process act on the Ray cluster.
        api_key: of the home's first user, who is the platform's operator; empty until that user exists.
    """

    qubix_secret: str
    ray_token: str
    api_key: str = ""

    def __repr__(self) -> str:
        return "Secrets(…)"

    @classmethod
    def load_or_make(cls, home: Home) -> Self:
        """Read the home's secrets, or make them the first time.

        Raises:
            HomeUnusable: others can read the file, or it is damaged.
        """
        if not home.secrets.exists():
            made = cls(qubix_secret=secrets.token_urlsafe(48), ray_token=secrets.token_hex(32))
            made.save(home)
        if stat.S_IMODE(home.secrets.stat().st_mode) & 0o077:
            raise HomeUnusable(
                asked=f"Reading {home.secrets}",
                obstacle="other users can read the platform's secrets",
                remedy=f"Close it with `chmod 600 {home.secrets}`, or remove it to have new ones made.",
            )
        try:
            return cls(**json.loads(home.secrets.read_text()))
        except (ValueError, TypeError) as error:
            raise HomeUnusable(
                asked=f"Reading {home.secrets}",
                obstacle="it does not hold the platform's secrets",
                remedy="Put it back from a backup, or remove it to have new ones made.",
            ) from error

    def save(self, home: Home) -> None:
        """Write the secrets, and Ray's token beside them."""
        write_private(home.secrets, json.dumps(asdict(self), indent=2))
        write_private(home.ray_token, self.ray_token)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all.

    Raises:
        HomeUnusable: the disk is full, or the folder cannot be written any more.
    """
    try:
        private_file.write_private(path, text)
    except OSError as error:
        raise HomeUnusable(
            asked=f"Writing {path}",
            obstacle=error.strerror or str(error),
            remedy="Free some space on its disk, and see that the folder is yours.",
        ) from error
