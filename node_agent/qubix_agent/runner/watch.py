"""Standing by a running job: its output, its progress, its usage and the orders to stop it."""

import os
import selectors
import threading
import time
from typing import Final

from qubix.schemas.states import LogStream
from qubix_agent.runner.presence import Control
from qubix_agent.runner.progress import ProgressWatch
from qubix_agent.runner.reporter import Reporter
from qubix_agent.runner.stop import Stop
from qubix_agent.runner.usage import UsageRecord
from qubix_agent.sandbox.outcome import Outcome
from qubix_agent.sandbox.sandbox import OutputPipe, Sandbox

TICK_SECONDS: Final = 0.1
SAMPLE_SECONDS: Final = 1.0

# A job that writes faster than this waits on its pipe, so that reading it leaves the machine to the jobs.
BYTES_PER_TICK: Final = 2 << 20

GRACE: Final = {Stop.CANCELLED: 0.4, Stop.HANDED_OVER: 5.0, Stop.OVERHEATED: 5.0, Stop.LEASE_LOST: 0.0}
"""Seconds that a job gets between SIGTERM and SIGKILL."""


class _Bell:
    """Wakes a selector from another thread, which may come when nobody listens any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    def fileno(self) -> int:
        return self._descriptor

    def ring(self) -> None:
        with self._lock:
            if self._descriptor >= 0:
                os.eventfd_write(self._descriptor, 1)

    def close(self) -> None:
        with self._lock:
            os.close(self._descriptor)
            self._descriptor = -1


class Watch:
    """Stands by one started sandbox until it is over. Runs in one thread, which sleeps whenever there is nothing."""

    def __init__(self, sandbox: Sandbox, *, reporter: Reporter, control: Control, usage: UsageRecord) -> None:
        self._sandbox = sandbox
        self._reporter = reporter
        self._control = control
        self._usage = usage
        self.progress = ProgressWatch(sandbox.workspace.read_progress)
        self._pipes = {LogStream.STDOUT: sandbox.stdout, LogStream.STDERR: sandbox.stderr}
        self._selector = selectors.DefaultSelector()
        self._budget = BYTES_PER_TICK
        self._obeyed: Stop | None = None
        self._told_unreadable = False

    def run(self) -> Outcome:
        """Wait for the end of the job, with all that it wrote taken in.

        Raises:
            SandboxFailed: the sandbox itself broke.
        """
        over = _Bell()
        self._selector.register(over, selectors.EVENT_READ)
        self._selector.register(self._control, selectors.EVENT_READ)
        for stream, pipe in self._pipes.items():
            self._selector.register(pipe, selectors.EVENT_READ, stream)
        self._sandbox.done.add_done_callback(lambda _: over.ring())
        try:
            self._loop()
        except BaseException:
            self._sandbox.kill()
            raise
        finally:
            self._selector.close()
            over.close()
        outcome = self._sandbox.wait()
        self._drain()
        self._look()
        return outcome

    def _loop(self) -> None:
        next_tick = time.monotonic() + TICK_SECONDS
        next_sample = time.monotonic() + SAMPLE_SECONDS
        while not self._sandbox.done.done():
            for key, _ in self._selector.select(max(0.0, next_tick - time.monotonic())):
                if key.fileobj is self._control:
                    self._obey()
                elif key.data is not None:
                    self._read(key.data)
            now = time.monotonic()
            if now >= next_tick:
                next_tick = now + TICK_SECONDS
                self._budget = BYTES_PER_TICK
                self._listen_again()
                self._look()
            if now >= next_sample:
                next_sample = now + SAMPLE_SECONDS
                if (usage := self._sandbox.usage()) is not None:
                    self._reporter.sample(self._usage.sample(usage))

    def _obey(self) -> None:
        stop = self._control.read()
        if stop is None or (self._obeyed is not None and stop.strength <= self._obeyed.strength):
            return
        self._obeyed = stop
        if stop is Stop.LEASE_LOST:
            self._reporter.abandon()
        if stop is Stop.OVERHEATED:
            self._reporter.system("This machine overheats: the job stops here, and goes on on another one.")
        self._sandbox.terminate(GRACE[stop])

    def _read(self, stream: LogStream) -> None:
        pipe = self._pipes[stream]
        if self._budget <= 0:
            self._selector.unregister(pipe)
            return
        chunk = pipe.read()
        if chunk is None:
            return
        if not chunk:
            self._close(stream)
            return
        self._budget -= len(chunk)
        self._reporter.write(stream, chunk)

    def _listen_again(self) -> None:
        known = self._selector.get_map()
        for stream, pipe in self._pipes.items():
            if pipe.fileno() not in known:
                self._selector.register(pipe, selectors.EVENT_READ, stream)

    def _close(self, stream: LogStream) -> None:
        self._selector.unregister(self._pipes.pop(stream))
        self._reporter.end(stream)

    def _drain(self) -> None:
        """Take in what is left in the pipes: at most what the kernel keeps in them, as nobody writes any more."""
        for stream, pipe in self._pipes.items():
            self._drain_one(stream, pipe)
            self._reporter.end(stream)

    def _drain_one(self, stream: LogStream, pipe: OutputPipe) -> None:
        while chunk := pipe.read():
            self._reporter.write(stream, chunk)

    def _look(self) -> None:
        percent = self.progress.look()
        if percent is not None:
            self._reporter.progress(percent)
        if self.progress.unreadable and not self._told_unreadable:
            self._told_unreadable = True
            self._reporter.system(
                f"{self.progress.unreadable!r} in $QUBIX_PROGRESS is no progress: write a fraction from 0 to 1."
            )
