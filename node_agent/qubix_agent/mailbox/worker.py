"""Takes what waits in the mailbox and runs it, each attempt in a thread of its own."""

import logging
import threading
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from qubix.errors import QubixError
from qubix.schemas.attempts import MailboxEntry
from qubix.transport import Transport
from qubix_agent.agent import calls
from qubix_agent.agent.identity import Identity
from qubix_agent.runner.context import RunnerContext
from qubix_agent.runner.run import run

_log = logging.getLogger(__name__)

PULL_SECONDS: Final = 1.0


class MailboxWorker:
    """Asks for work every second, and takes what heartbeats bring. All methods may be called from any thread."""

    def __init__(self, context: RunnerContext, *, transport: Transport) -> None:
        self._context = context
        self._transport = transport
        self._identity: Identity | None = None
        self._lock = threading.Lock()
        self._running: dict[UUID, threading.Thread] = {}
        self._closed = threading.Event()
        self._puller = threading.Thread(target=self._pull, name="mailbox", daemon=True)

    def start(self, identity: Identity) -> None:
        """Begin to ask for work."""
        self._identity = identity
        if not self._puller.is_alive():
            self._puller.start()

    def take(self, entries: Iterable[MailboxEntry]) -> None:
        """Run these. One that runs already is offered again until its start was reported, and is passed over."""
        for entry in entries:
            with self._lock:
                if self._closed.is_set() or entry.attempt_id in self._running:
                    continue
                thread = threading.Thread(
                    target=self._run, args=(entry,), name=f"attempt-{entry.attempt_id}", daemon=True
                )
                self._running[entry.attempt_id] = thread
            thread.start()

    def close(self) -> None:
        """Take nothing more. What runs goes on."""
        self._closed.set()

    def _run(self, entry: MailboxEntry) -> None:
        try:
            run(entry.spec, context=self._context)
        except BlockingIOError:
            _log.info("attempt %s runs on this machine already", entry.attempt_id)
        finally:
            with self._lock:
                del self._running[entry.attempt_id]

    def _pull(self) -> None:
        while not self._closed.wait(PULL_SECONDS):
            identity = self._identity
            if identity is None or identity.worker_token is None:
                continue
            try:
                entries = self._transport.send(calls.pending(worker_id=identity.worker_id, token=identity.worker_token))
            except QubixError as error:
                # The heartbeat, which goes to the same place, says what is wrong and slows down.
                _log.debug("the mailbox could not be read: %s", error)
            else:
                self.take(entries)
