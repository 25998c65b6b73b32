"""Starting, finding again and stopping the server of one folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import fasteners
import structlog
from sqlalchemy import URL

from qubix_platform.database.embedded.account import Account, account_for
from qubix_platform.database.embedded.binaries import reachable_binaries
from qubix_platform.database.embedded.explain import explain_log, explain_os_error
from qubix_platform.database.embedded.folders import PORT, make_root, make_socket_folder, require_entry, socket_folder
from qubix_platform.database.embedded.process import Postmaster, end, find_postmaster, wait_until_gone
from qubix_platform.database.embedded.roles import (
    ADMIN_ROLE,
    APP_ROLE,
    OWNER_ROLE,
    Passwords,
    load_or_make,
    roles_script,
)
from qubix_platform.database.errors import EmbeddedServerError
from qubix_platform.database.settings import DRIVER

log = structlog.get_logger(__name__)

SETTINGS: Final[Mapping[str, str]] = {
    "shared_buffers": "512MB",
    "max_connections": "200",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "synchronous_commit": "on",
    "fsync": "on",
    "huge_pages": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_naptime": "15s",
    "log_min_messages": "warning",
    "log_lock_waits": "on",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] %a ",
}
"""What suits a small machine that runs everything else of QUBIX too. Durable: a commit that was answered is on disk."""

_STARTING: Final = "Starting the embedded database"
_TRIES: Final = 3
_LOG_LIMIT: Final = 16 * 1024 * 1024
_TAIL: Final = 4000


class EmbeddedPostgres:
    """The server that keeps its data below `root`. Blocking calls, for a supervisor; never call them in an event loop.

    It outlives this process on purpose: whoever starts it next on the same `root` attaches to the one that runs.

    Args:
        root: a folder of its own; holds data, passwords, socket and log.
        database: the name of the database that is made.
        settings: of `postgresql.conf`, over `SETTINGS`.
        start_timeout: seconds that start-up, crash recovery included, may take.

    Example:
        >>> server = EmbeddedPostgres(Path("/var/lib/qubix/postgres"))
        >>> server.start()
        >>> os.environ["DATABASE_URL"] = plain(server.app_url)
    """

    def __init__(
        self,
        root: Path,
        *,
        database: str = "qubix",
        settings: Mapping[str, str] | None = None,
        start_timeout: float = 120,
    ) -> None:
        self.root = root.resolve()
        self.data = self.root / "data"
        self.log = self.root / "postgres.log"
        self.database = database
        self._settings = {**SETTINGS, **(settings or {})}
        self._start_timeout = start_timeout
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def app_url(self) -> URL:
        """For the API and the scheduler. The server must have been started once."""
        return self._url(APP_ROLE, self._passwords().app)

    @property
    def owner_url(self) -> URL:
        """For migrations. The server must have been started once."""
        return self._url(OWNER_ROLE, self._passwords().owner)

    @property
    def admin_url(self) -> URL:
        """The bootstrap superuser's, for making databases and backups; no part of the platform logs in with it."""
        return self._url(ADMIN_ROLE, self._passwords().admin)

    @property
    def pid(self) -> int | None:
        """The server's process, or `None` where none is alive."""
        if self._child is not None:
            self._child.poll()  # reaps a dead child, which would stay a zombie otherwise
        postmaster = find_postmaster(self.data)
        return postmaster.pid if postmaster is not None else None

    def is_running(self) -> bool:
        """Whether the server is alive and takes connections."""
        if self._child is not None:
            self._child.poll()
        postmaster = find_postmaster(self.data)
        return postmaster is not None and postmaster.is_ready

    def start(self) -> None:
        """Start the server, or attach to the one that runs already. Makes data, roles and database the first time.

        Raises:
            EmbeddedServerError: with what stood in the way and what to do about it.
        """
        with self._explained(), self._locked():
            complaint = ""
            for attempt in range(1, _TRIES + 1):
                complaint = self._make_roles(self._start())
                if not complaint:
                    return
                # It was alive when it was looked at and is not now: killed, or told to stop by somebody else.
                log.warning("embedded_database_did_not_answer", attempt=attempt, complaint=complaint)
        obstacle, remedy = explain_log(complaint, root=self.root)
        raise EmbeddedServerError(asked=_STARTING, obstacle=obstacle, remedy=remedy)

    def stop(self, *, timeout: float = 30) -> None:
        """Stop the server: open transactions are rolled back, what was committed stays. Nothing to do where none runs.

        Args:
            timeout: seconds after which it is stopped hard; it then recovers at the next start, and loses nothing.
        """
        if not self.data.exists():
            return
        with self._explained(), self._locked():
            postmaster = find_postmaster(self.data)
            if postmaster is not None:
                self._signal(postmaster, signal.SIGINT)
                if wait_until_gone(self.data, seconds=timeout):
                    log.warning("embedded_database_stopped_hard", pid=postmaster.pid, waited_s=timeout)
                    self._signal(postmaster, signal.SIGQUIT)
            end(wait_until_gone(self.data, seconds=3))
            if self._child is not None:
                self._child.wait(timeout=5)
                self._child = None

    def _start(self) -> Path:
        account = account_for(self.data)
        if account.is_other:
            self.root.chmod(0o711)
        require_entry(self.root, account)
        binaries, major = reachable_binaries(root=self.root, account=account)
        if not self.data.exists():
            self._initialise(binaries, account)
        if (have := (self.data / "PG_VERSION").read_text().strip()) != str(major):
            raise EmbeddedServerError(
                asked=_STARTING,
                obstacle=f"the data in {self.data} was made by PostgreSQL {have}, and the programs here are {major}",
                remedy="Use that version's QUBIX, or move the data with pg_dump; or choose another home with --home.",
            )
        if not self._attach():
            self._clear_away()
            self._spawn(binaries, account)
        return binaries

    def _initialise(self, binaries: Path, account: Account) -> None:
        """Make the data directory, under another name until it is whole: an interrupted `initdb` leaves half of one."""
        half = self.root / "data.half"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        account.give(half)
        with tempfile.NamedTemporaryFile("w", dir=self.root, prefix="initdb-") as password_file:
            password_file.write(self._passwords().admin)
            password_file.flush()
            account.give(Path(password_file.name))
            who = ["-U", ADMIN_ROLE, f"--pwfile={password_file.name}", "-A", "scram-sha-256"]
            command: list[str | Path] = [
                binaries / "initdb",
                "-D",
                half,
                *who,
                "-E",
                "UTF8",
                "--locale=C",
                "--data-checksums",
            ]
            done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False, **account.run_as())
        if done.returncode != 0:
            obstacle, remedy = explain_log(done.stderr, root=self.root)
            raise EmbeddedServerError(asked="Making the embedded database", obstacle=obstacle, remedy=remedy)
        half.rename(self.data)

    def _attach(self) -> bool:
        """Whether a server runs here already. One that is just starting or stopping is waited for."""
        deadline = time.monotonic() + self._start_timeout
        while (postmaster := find_postmaster(self.data)) is not None:
            if postmaster.is_ready:
                return True
            self._check_deadline(deadline)
            time.sleep(0.01)
        return False

    def _clear_away(self) -> None:
        """Remove what a killed server left: its lock files name a process that is dead, or a stranger by now."""
        if self._child is not None:
            self._child.poll()
        end(wait_until_gone(self.data, seconds=10))
        for stale in [self.data / "postmaster.pid", *socket_folder(self.root).glob(".s.PGSQL.*")]:
            stale.unlink(missing_ok=True)

    def _spawn(self, binaries: Path, account: Account) -> None:
        options = {
            **self._settings,
            "port": str(PORT),
            "listen_addresses": "",
            "unix_socket_directories": str(make_socket_folder(self.root, account)),
            "unix_socket_permissions": "0700",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.rename(self.log.with_suffix(".log.1"))
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as log_file:
            written_before = log_file.tell()
            # A session of its own: Ctrl-C in the terminal is the supervisor's to handle, in its order.
            self._child = subprocess.Popen(
                [binaries / "postgres", "-D", self.data, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                **account.run_as(),
            )
        deadline = time.monotonic() + self._start_timeout
        while not self.is_running():
            if self._child.poll() is not None:
                obstacle, remedy = explain_log(self._log_since(written_before), root=self.root)
                raise EmbeddedServerError(asked=_STARTING, obstacle=obstacle, remedy=remedy)
            self._check_deadline(deadline)
            time.sleep(0.01)

    def _make_roles(self, binaries: Path) -> str:
        """Make roles and database where they are missing. Returns `psql`'s complaint, empty where there is none."""
        passwords = self._passwords()
        done = subprocess.run(
            [binaries / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", ADMIN_ROLE, "-d", "postgres"],
            input=roles_script(passwords, database=self.database),
            capture_output=True,
            text=True,
            cwd="/",
            env={
                "PATH": os.defpath,
                "PGHOST": str(socket_folder(self.root)),
                "PGPORT": str(PORT),
                "PGPASSWORD": passwords.admin,
            },
            check=False,
            timeout=60,
            **account_for(self.data).run_as(),
        )
        return "" if done.returncode == 0 else done.stderr or "psql failed without a word"

    def _passwords(self) -> Passwords:
        path = self.root / "passwords.json"
        if not path.exists() and self.data.exists():
            raise EmbeddedServerError(
                asked="Logging in to the embedded database",
                obstacle=f"{path}, which holds its passwords, is missing",
                remedy="Put it back from a backup of that folder, or choose another home with --home.",
            )
        return load_or_make(path)

    def _url(self, role: str, password: str) -> URL:
        query = {"host": str(socket_folder(self.root)), "port": str(PORT)}
        return URL.create(DRIVER, username=role, password=password, database=self.database, query=query)

    def _signal(self, postmaster: Postmaster, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):  # it ended by itself
            os.kill(postmaster.pid, number)

    def _log_since(self, position: int) -> str:
        with self.log.open("rb") as file:
            file.seek(max(position, self.log.stat().st_size - _TAIL))
            return file.read().decode(errors="replace")

    def _check_deadline(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise EmbeddedServerError(
                asked=_STARTING,
                obstacle=f"it was not ready after {self._start_timeout:.0f} s",
                remedy=f"Look at {self.log}; a large recovery takes its time, so starting again may do.",
            )

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """One process at a time starts or stops the server of this root."""
        make_root(self.root)
        lock = fasteners.InterProcessLock(self.root / "lock")
        if not lock.acquire(timeout=self._start_timeout):
            raise EmbeddedServerError(
                asked=_STARTING,
                obstacle=f"another process has been starting or stopping it for {self._start_timeout:.0f} s",
                remedy=f"Wait for it, or end it; it holds {self.root / 'lock'}.",
            )
        try:
            yield
        finally:
            lock.release()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise explain_os_error(error, root=self.root) from error
