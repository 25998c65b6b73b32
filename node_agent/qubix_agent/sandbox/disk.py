"""What a job keeps on the disk, looked at while it runs and once more at its end."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

from qubix_agent.sandbox.meter import Meter, unlinked_bytes
from qubix_agent.sandbox.tree import TooDeep, WalkStopped, disk_bytes

_SECONDS: Final = 0.5
# A walk over many files must not become the agent's main work.
_SHARE: Final = 10


class DiskWatch:
    """Looks in threads of its own, since a job can keep millions of files: nobody who has to end it waits for that.

    Attributes:
        bytes: what the job kept at the last look.
        is_full: that was more than it may, or could not be looked into.
    """

    def __init__(self, places: Sequence[Path], *, limit_bytes: int, on_full: Callable[[], None]) -> None:
        """Look at these files and folders of one disk.

        Args:
            places: what the job can write to.
            limit_bytes: how much it may keep there.
            on_full: called from a thread of its own when `is_full` becomes true.
        """
        self.bytes = 0
        self.is_full = False
        self._places = places
        self._limit_bytes = limit_bytes
        self._on_full = on_full
        self._unwanted = threading.Event()
        self._looking: Future[None] | None = None
        self._next = time.monotonic() + _SECONDS

    def look_if_due(self, meter: Meter) -> None:
        """Have a look begun, if the last one is over and long enough ago. Returns at once.

        Raises:
            OSError: the disk failed at the last look.
        """
        if self._looking is not None:
            if not self._looking.done():
                return
            self._looking.result()
        if time.monotonic() >= self._next:
            self._looking = Future()
            threading.Thread(
                target=self._look_aside, args=(meter, self._looking), name="sandbox-disk", daemon=True
            ).start()

    def stop(self) -> None:
        """Have no look go on any more."""
        self._unwanted.set()
        if self._looking is not None:
            self._looking.exception()

    def look(self, meter: Meter) -> bool:
        """Look now, after `stop`, however long it takes, and say whether the job keeps more than it may."""
        self._unwanted.clear()
        self._measure(meter)
        return self.is_full

    def _look_aside(self, meter: Meter, looking: Future[None]) -> None:
        began = time.monotonic()
        try:
            self._measure(meter)
        except WalkStopped:
            looking.set_result(None)
        except BaseException as error:  # noqa: BLE001  whoever asked must hear of it
            looking.set_exception(error)
        else:
            after = time.monotonic()
            self._next = after + max(_SECONDS, _SHARE * (after - began))
            looking.set_result(None)
            if self.is_full:
                self._on_full()

    def _measure(self, meter: Meter) -> None:
        device = self._places[0].stat().st_dev
        try:
            named = disk_bytes(self._places, is_unwanted=self._unwanted.is_set)
        except TooDeep:
            self.is_full = True
            return
        self.bytes = named + unlinked_bytes(meter.pids(), device)
        self.is_full = self.bytes > self._limit_bytes
