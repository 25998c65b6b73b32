"""File locks that also hold between threads of one process, and that the kernel lets go of when a process dies."""

import fcntl
import os
import threading
from pathlib import Path
from typing import Final

from qubix_agent.environments.errors import EnvironmentBuildCancelled

LOOK_SECONDS: Final = 0.1


class FileLock:
    """Shared: the environment is in use. Exclusive: it is being built or evicted."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def try_take(self, *, shared: bool) -> bool:
        """Take it if nobody stands in the way. Whoever holds it one way may change to the other, and holds nothing when
        that is refused."""
        try:
            fcntl.flock(self._descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)  # not every kernel has let go of it by now
            return False
        return True

    def take_shared(self, *, cancel: threading.Event) -> None:
        """Take it shared, waiting if need be.

        Raises:
            EnvironmentBuildCancelled: `cancel` was set meanwhile.
        """
        while not self.try_take(shared=True):
            if cancel.wait(LOOK_SECONDS):
                raise cancelled()

    def release(self) -> None:
        """Let go of it. Idempotent."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def cancelled() -> EnvironmentBuildCancelled:
    """The error for a build that nobody wants any more."""
    return EnvironmentBuildCancelled(
        asked="Building an environment", obstacle="the job was cancelled", remedy="Submit it again."
    )
