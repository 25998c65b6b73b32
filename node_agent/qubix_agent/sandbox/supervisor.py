"""Watching one running sandbox to its end: time, memory, disk, and the orders of its owner."""

import json
import os
import select
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from qubix_agent.sandbox.disk import DiskWatch
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.meter import Meter, meter_for
from qubix_agent.sandbox.outcome import End, Outcome
from qubix_agent.sandbox.standby import Standby

_TICK_SECONDS: Final = 0.2
_DEATH_SECONDS: Final = 10.0


@dataclass(slots=True)
class _Report:
    """What bubblewrap reports on its status pipe."""

    buffer: bytes = b""
    init: int | None = None
    exit_code: int | None = None

    def feed(self, data: bytes) -> None:
        *lines, self.buffer = (self.buffer + data).split(b"\n")
        for line in lines:
            fields: dict[str, Any] = json.loads(line)
            self.init = fields.get("child-pid", self.init)
            self.exit_code = fields.get("exit-code", self.exit_code)


@dataclass(slots=True)
class Supervisor:
    """One thread per running sandbox. It alone decides why the sandbox ended.

    Attributes:
        places: files and folders of one disk that the job can write to.
        done: resolves to the outcome when every process of the job is gone.
    """

    standby: Standby
    places: Sequence[Path]
    limits: Limits
    done: Future[Outcome] = field(default_factory=Future, init=False)
    _report: _Report = field(default_factory=_Report, init=False)
    _meter: Meter | None = field(default=None, init=False)
    _monitor: int = field(default=-1, init=False)
    _init: int = field(default=-1, init=False)
    _wake: int = field(default=-1, init=False)
    _started: float = field(default=0.0, init=False)
    _kill_at: float = field(default=0.0, init=False)
    _kill_as: End | None = field(default=None, init=False)
    _polite: bool = field(default=False, init=False)
    _disk: DiskWatch = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __post_init__(self) -> None:
        self._disk = DiskWatch(self.places, limit_bytes=self.limits.output_bytes, on_full=self._ring)

    def start(self) -> None:
        """Watch from now on."""
        self._started = time.monotonic()
        self._kill_at = self._started + self.limits.wall_seconds
        self._monitor = os.pidfd_open(self.standby.process.pid)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        threading.Thread(target=self._run, name=f"sandbox-{self.standby.slot.number}", daemon=True).start()

    def stop(self, grace_seconds: float) -> None:
        """Have it end: SIGTERM to the program first if there is any grace, SIGKILL to everything after it."""
        with self._lock:
            if self._wake < 0:
                return
            # What was decided before stands: a job that broke a limit did so whoever stops it then.
            self._kill_as = self._kill_as or End.KILLED
            self._kill_at = min(self._kill_at, time.monotonic() + grace_seconds)
            self._polite = grace_seconds > 0
            os.eventfd_write(self._wake, 1)

    def _ring(self) -> None:
        with self._lock:
            if self._wake >= 0:
                os.eventfd_write(self._wake, 1)

    @property
    def disk_bytes(self) -> int:
        """What the job kept on the disk at the last look."""
        return self._disk.bytes

    @property
    def meter(self) -> Meter | None:
        """Where to read what the job uses; None before it truly runs and after its end."""
        return self._meter

    def _run(self) -> None:
        try:
            try:
                self._watch()
            finally:
                self._disk.stop()
            self._bury()
            outcome = self._outcome()
        except BaseException as error:  # noqa: BLE001  whoever waits must hear of it
            self.standby.process.kill()
            self.done.set_exception(error)
        else:
            self.done.set_result(outcome)
        finally:
            with self._lock:
                self._meter = None
                for name in ("_monitor", "_init", "_wake"):
                    if (descriptor := getattr(self, name)) >= 0:
                        os.close(descriptor)
                        setattr(self, name, -1)

    def _watch(self) -> None:
        poller = select.poll()
        poller.register(self._monitor, select.POLLIN)
        poller.register(self._wake, select.POLLIN)
        poller.register(self.standby.status, select.POLLIN)
        while True:
            pause = min(_TICK_SECONDS, max(0.0, self._kill_at - time.monotonic()))
            ready = {descriptor for descriptor, _ in poller.poll(pause * 1000 + 1)}
            if self.standby.status in ready and not self._read_status():
                poller.unregister(self.standby.status)
            if self._monitor in ready:
                return
            if self._wake in ready:
                os.eventfd_read(self._wake)
            self._obey()
            self._check()

    def _read_status(self) -> bool:
        try:
            data = os.read(self.standby.status, 4096)
        except BlockingIOError:
            return True
        self._report.feed(data)
        if self._init < 0 and self._report.init is not None:
            try:
                self._init = os.pidfd_open(self._report.init)
            except ProcessLookupError:  # it is over already
                return bool(data)
            self._meter = meter_for(cgroup=self.standby.cgroup, init=self._report.init)
        return bool(data)

    def _obey(self) -> None:
        with self._lock:
            polite, self._polite = self._polite, False
            overdue = time.monotonic() >= self._kill_at
            if overdue and self._kill_as is None:
                self._kill_as = End.TIMEOUT
        if overdue:
            self._kill()
        elif polite:
            self._ask()

    def _ask(self) -> None:
        """SIGTERM to the job's program alone: its children are its own affair."""
        init = self._report.init
        if init is None:
            return
        try:
            program, *_ = _children(init)
            os.kill(program, signal.SIGTERM)
        except (ProcessLookupError, FileNotFoundError, ValueError):  # it ends by itself just now
            return

    def _check(self) -> None:
        if self._meter is None:
            return
        if self._meter.oom_kills() or (
            self.standby.cgroup is None and self._meter.account().memory_bytes > self.limits.memory_bytes
        ):
            self._end(End.OUT_OF_MEMORY)
        if self._disk.is_full:
            self._end(End.OUTPUT_LIMIT)
        self._disk.look_if_due(self._meter)

    def _end(self, end: End) -> None:
        with self._lock:
            if self._kill_as in (None, End.KILLED):
                self._kill_as = end
        self._kill()

    def _kill(self) -> None:
        # The first process of a process namespace takes all others with it; bubblewrap alone would leave a moment.
        for descriptor in (self._init, self._monitor):
            if descriptor >= 0:
                try:
                    signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                except ProcessLookupError:
                    continue

    def _bury(self) -> None:
        """Wait until nothing of the job is left: its namespace's first process dies last."""
        self.standby.process.wait()
        self._read_status()
        if self._init >= 0:
            poller = select.poll()
            poller.register(self._init, select.POLLIN)
            if not poller.poll(0):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
                poller.poll(_DEATH_SECONDS * 1000)
        if self.standby.cgroup:
            self.standby.cgroup.kill()

    def _outcome(self) -> Outcome:
        meter = self._meter
        account = meter.account() if meter else None
        # What came after the last look counts too: a job must not get away with a full disk by ending fast.
        if self._kill_as is None and meter and meter.oom_kills():
            self._kill_as = End.OUT_OF_MEMORY
        elif self._kill_as is None and meter and self._disk.look(meter):
            self._kill_as = End.OUTPUT_LIMIT
        end = self._kill_as or (End.SANDBOX_FAILED if self._report.exit_code is None else End.EXITED)
        return Outcome(
            end=end,
            exit_code=self._report.exit_code,
            wall_seconds=time.monotonic() - self._started,
            cpu_seconds=account.cpu_seconds if account else 0.0,
            peak_memory_bytes=meter.peak_memory_bytes() if meter else 0,
        )


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:  # noqa: PTH123  one read, no object
        return [int(child) for child in file.read().split()]
