"""The environments of this machine: built once, complete or invisible, evicted when nobody uses them."""

import json
import logging
import os
import secrets
import stat
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from qubix_agent.environments.builder import BUILD_LIMITS, Progress, Recipe, build
from qubix_agent.environments.errors import EnvironmentUnavailable
from qubix_agent.environments.locks import LOOK_SECONDS, FileLock, cancelled
from qubix_agent.environments.pip_settings import PipSettings, discover
from qubix_agent.environments.requirements import environment_sha, normalise
from qubix_agent.sandbox import view as inside
from qubix_agent.sandbox.errors import SandboxFailed, SandboxUnavailable
from qubix_agent.sandbox.interpreter import base_interpreter
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.tree import disk_bytes
from qubix_agent.sandbox.workspace import remove_tree

_log = logging.getLogger(__name__)

_COMPLETE: Final = "complete"
_CONTENT: Final = "env"
_GIBIBYTE: Final = 1 << 30


class Environment:
    """An environment in use; it cannot be evicted until `close`, or until this process ends.

    Attributes:
        sha: its content hash.
        path: its folder on the host, to be bound at `/env` (`View.environment`).
        interpreter: the prefix that it points to, to be bound where it lies (`View.interpreter`).
        python: the program inside the sandbox.
    """

    python: Final = inside.ENVIRONMENT / "bin" / "python"

    def __init__(self, *, sha: str, path: Path, interpreter: Path, lock: FileLock) -> None:
        """Called by `EnvironmentCache.prepare`, with the lock held shared."""
        self.sha = sha
        self.path = path
        self.interpreter = interpreter
        self._lock = lock

    def close(self) -> None:
        """Let it be evicted. Idempotent."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class CachedEnvironment:
    """One entry of the cache, for `list`: when it was used last, in seconds since 1970, and what it takes."""

    sha: str
    requirements: tuple[str, ...]
    size_bytes: int
    used_at: float


class EnvironmentCache:
    """Shared by all agents and attempts of one machine that name the same folder. Safe to use from any thread."""

    def __init__(
        self,
        root: Path,
        *,
        launcher: Launcher,
        max_bytes: int = 50 * _GIBIBYTE,
        limits: Limits = BUILD_LIMITS,
        settings: PipSettings | None = None,
    ) -> None:
        """Open the cache; nothing is built or removed yet.

        Args:
            root: the cache's folder.
            launcher: what runs the builds.
            max_bytes: unused environments are evicted, longest unused first, while all together take more.
            limits: of one build.
            settings: the package index; the machine's own pip settings unless given.
        """
        self._root = root.resolve()
        self._launcher = launcher
        self._max_bytes = max_bytes
        self._limits = limits
        self._settings = settings
        for folder in (self._locks, self._partial):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def _locks(self) -> Path:
        return self._root / "locks"

    @property
    def _partial(self) -> Path:
        return self._root / "partial"

    @property
    def _work(self) -> Path:
        return self._root / "work"

    def prepare(
        self, requirements: Sequence[str], progress: Progress, *, cancel: threading.Event | None = None
    ) -> Environment:
        """The environment with these requirements, built now if this machine does not have it. Blocks meanwhile.

        Args:
            requirements: as the job gives them; none at all means the default environment.
            progress: hears what is going on, line by line, when something has to be built.
            cancel: set from another thread to give up.

        Raises:
            RequirementRefused: a requirement is none. The job's fault.
            EnvironmentBuildError: they cannot be had together. The job's fault.
            EnvironmentUnavailable: this machine cannot build it now. Not the job's fault.
            EnvironmentBuildCancelled: `cancel` was set.
        """
        wanted = normalise(requirements)
        sha = environment_sha(wanted)
        stop = cancel or threading.Event()
        lock = FileLock(self._locks / sha)
        try:
            while not self._holds_complete(lock, sha, progress, stop):
                # Several may come here at once. Whoever is refused holds nothing any more, so that one is not refused;
                # waiting for it to be alone instead would last as long as the others' jobs.
                if lock.try_take(shared=False):
                    if not self._is_complete(sha):
                        self._build(sha, wanted, progress, stop)
                elif stop.wait(LOOK_SECONDS):
                    raise cancelled()
            os.utime(self._root / sha / _COMPLETE)
        except BaseException:
            lock.release()
            raise
        prefix, _ = base_interpreter()
        return Environment(sha=sha, path=self._root / sha / _CONTENT, interpreter=prefix, lock=lock)

    def has(self, requirements: Sequence[str]) -> bool:
        """Whether `prepare` would return at once.

        Raises:
            RequirementRefused: a requirement is none.
        """
        return self._is_complete(environment_sha(normalise(requirements)))

    def list(self) -> list[CachedEnvironment]:
        """What is in the cache, longest unused first."""
        shas = [folder.name for folder in self._folders()]
        found = [entry for sha in shas if (entry := self._read(sha)) is not None]
        return sorted(found, key=lambda entry: entry.used_at)

    def sweep(self) -> int:
        """Remove what dead builders left half done, and evict down to the size limit. Returns how many went."""
        removed = len(self._launcher.sweep(self._work).folders)
        for path in self._partial.iterdir():
            sha = path.name.partition("-")[0]
            removed += self._remove_unused(sha, path)
        for folder in self._folders():
            if not self._is_complete(folder.name):
                removed += self._remove_unused(folder.name, folder)
        return removed + self._evict(keep=None)

    def _holds_complete(self, lock: FileLock, sha: str, progress: Progress, cancel: threading.Event) -> bool:
        """Take the lock shared, waiting if need be; whether there is an environment, which then cannot go."""
        if not lock.try_take(shared=True):
            progress("waiting for another job that builds the same environment")
            lock.take_shared(cancel=cancel)
        return self._is_complete(sha)

    def _folders(self) -> Iterator[Path]:
        """Where environments lie, complete or not."""
        own = {self._locks, self._partial, self._work}
        return (path for path in self._root.iterdir() if path not in own and path.is_dir())

    def _is_complete(self, sha: str) -> bool:
        return self._read(sha) is not None

    def _read(self, sha: str) -> CachedEnvironment | None:
        """An entry, None where there is none, or its marker was lost when the machine lost its power."""
        marker = self._root / sha / _COMPLETE
        try:
            facts = json.loads(marker.read_text(encoding="utf-8"))
            used_at = marker.stat().st_mtime
        except (FileNotFoundError, ValueError):
            return None
        return CachedEnvironment(sha, tuple(facts["requirements"]), facts["size_bytes"], used_at)

    def _build(self, sha: str, wanted: tuple[str, ...], progress: Progress, cancel: threading.Event) -> None:
        partial = self._partial / f"{sha}-{secrets.token_hex(4)}"
        content = partial / _CONTENT
        recipe = Recipe(requirements=wanted, settings=self._settings or discover(), limits=self._limits)
        started = time.monotonic()
        try:
            content.mkdir(mode=0o755, parents=True)
            build(
                recipe=recipe,
                target=content,
                launcher=self._launcher,
                work=self._work,
                progress=progress,
                cancel=cancel,
            )
            size = disk_bytes([content])
            make_read_only(content)
            (partial / _COMPLETE).write_text(json.dumps({"requirements": wanted, "size_bytes": size}))
            if (self._root / sha).exists():
                self._take_away(sha, self._root / sha)
            partial.rename(self._root / sha)
        except (OSError, SandboxFailed, SandboxUnavailable) as error:
            raise EnvironmentUnavailable(
                asked="Building an environment",
                obstacle=str(error),
                remedy="This machine has to be mended; another provider may do at once.",
            ) from error
        finally:
            remove_tree(partial)
        progress(f"environment ready after {time.monotonic() - started:.1f} s, {size >> 20} MiB")
        self._evict(keep=sha)

    def _evict(self, *, keep: str | None) -> int:
        entries = self.list()
        total = sum(entry.size_bytes for entry in entries)
        removed = 0
        for entry in entries:
            if total <= self._max_bytes:
                break
            if entry.sha != keep and self._remove_unused(entry.sha, self._root / entry.sha):
                total -= entry.size_bytes
                removed += 1
        return removed

    def _remove_unused(self, sha: str, path: Path) -> bool:
        lock = FileLock(self._locks / sha)
        try:
            if not lock.try_take(shared=False):
                return False
            self._take_away(sha, path)
        except (FileNotFoundError, SandboxFailed) as error:  # removed by somebody else, or next time
            _log.warning("environments: %s stays for now: %s", path.name, error)
            return False
        finally:
            lock.release()
        return True

    def _take_away(self, sha: str, path: Path) -> None:
        # Out of sight first, so that a removal that is cut short leaves nothing that looks complete.
        doomed = self._partial / f"{sha}-{secrets.token_hex(4)}"
        path.rename(doomed)
        remove_tree(doomed)


def make_read_only(tree: Path) -> None:
    """Take the tree from the user who built it, and every right to write. Links are not followed."""
    own = os.geteuid()
    for folder, folders, files in os.walk(tree, topdown=False):
        for name in (*files, *folders):
            _seal(Path(folder) / name, own)
    _seal(tree, own)


def _seal(path: Path, owner: int) -> None:
    status = path.lstat()
    if status.st_uid != owner:
        os.lchown(path, owner, os.getegid())
    if stat.S_ISLNK(status.st_mode):
        return
    executable = 0o111 if stat.S_ISDIR(status.st_mode) or status.st_mode & 0o100 else 0
    path.chmod(0o444 | executable)
