"""What runs the jobs of an agent: a Ray node, or this process itself."""

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from qubix.errors import QubixError
from qubix.schemas.attempts import MailboxEntry
from qubix.schemas.providers import RayJoin
from qubix_agent.agent.cluster_node import ClusterNode
from qubix_agent.agent.identity import Identity
from qubix_agent.agent.voice import Voice
from qubix_agent.mailbox.worker import MailboxWorker
from qubix_agent.runner.context import RunnerContext

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


class Work(Protocol):
    """What runs the jobs."""

    @property
    def node_id(self) -> str | None:
        """Ray's id of the node, where there is one."""
        ...

    @property
    def is_ready(self) -> bool:
        """Jobs can be run now."""
        ...

    def start(self, identity: Identity) -> None:
        """Begin.

        Raises:
            QubixError: it cannot be started.
        """
        ...

    def look(self) -> None:
        """Look whether it lives, and mend it if not."""
        ...

    def take(self, entries: Iterable[MailboxEntry]) -> None:
        """Run what waits in the mailbox."""
        ...

    def stop(self) -> None:
        """End it, and what still runs in it."""
        ...


class NodeWork:
    """A Ray node: the scheduler hands the attempts to it.

    Args:
        make_node: the node for what the platform says of its cluster.
        rejoin: asks the platform for that again.
        on_change: called when the node went or came.
    """

    def __init__(
        self,
        join: RayJoin,
        *,
        make_node: Callable[[RayJoin], ClusterNode],
        rejoin: Callable[[], RayJoin],
        on_change: Callable[[], None],
        voice: Voice,
    ) -> None:
        self._node = make_node(join)
        self._make_node = make_node
        self._rejoin = rejoin
        self._on_change = on_change
        self._voice = voice
        self._pause = FIRST_PAUSE_SECONDS
        self._not_before = 0.0

    @property
    def node_id(self) -> str | None:
        """See `Work`."""
        return self._node.node.node_id if self._node.node is not None else None

    @property
    def is_ready(self) -> bool:
        """See `Work`."""
        return self._node.node is not None

    def start(self, identity: Identity) -> None:  # noqa: ARG002  the node's labels name the machine already
        """See `Work`."""
        self._node.ensure()

    def look(self) -> None:
        """See `Work`. The head may have come back with another address or token, so these are asked for anew."""
        if self._node.is_alive():
            self._pause = FIRST_PAUSE_SECONDS
            return
        if self._node.node is not None:
            self._voice.warn("node_died", "The Ray node died; what ran on it is lost. It is started again.")
            self._node.stop()
            self._on_change()
            return
        if time.monotonic() < self._not_before:
            return
        try:
            self._node = self._make_node(self._rejoin())
            self._node.ensure()
        except QubixError as error:
            self._voice.warn("node_start_failed", f"{error.message} Trying again in {self._pause:.0f} s.")
            self._not_before = time.monotonic() + self._pause
            self._pause = min(LONGEST_PAUSE_SECONDS, self._pause * 2)
        else:
            self._on_change()

    def take(self, entries: Iterable[MailboxEntry]) -> None:
        """A member's mailbox is always empty."""

    def stop(self) -> None:
        """See `Work`."""
        self._node.stop()


class MailboxWork:
    """A runner in this process, which pulls its work."""

    def __init__(self, context: RunnerContext) -> None:
        self._context = context
        self._worker = MailboxWorker(context, transport=context.transport)

    node_id = None
    is_ready = True

    def start(self, identity: Identity) -> None:
        """See `Work`."""
        self._context.warm_up()
        self._worker.start(identity)

    def look(self) -> None:
        """Threads of this process need no looking after."""

    def take(self, entries: Iterable[MailboxEntry]) -> None:
        """See `Work`."""
        self._worker.take(entries)

    def stop(self) -> None:
        """See `Work`."""
        self._worker.close()
        self._context.close()
