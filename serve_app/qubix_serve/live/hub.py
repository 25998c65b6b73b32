"""Fan-out of events to the WebSockets of this replica."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import structlog

from qubix.schemas.frames import ServerEvent
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.models import Event

log = structlog.get_logger(__name__)

MAX_QUEUED: Final = 10_000
"""A client that is so far behind is cut off; it reconnects and catches up from the outbox."""


@dataclass(frozen=True)
class Ending:
    """Why the platform ends a socket: a close code of RFC 6455, and a sentence for the client."""

    code: int
    reason: str


TOO_SLOW: Final = Ending(code=1013, reason="too slow: reconnect and continue with the last id")


@dataclass(frozen=True)
class Outgoing:
    """An event on its way to sockets: written out once, however many of them want it."""

    event: Event

    @cached_property
    def text(self) -> str:
        """The frame of the wire."""
        event = self.event
        frame = ServerEvent(id=str(event.cursor), type=event.type, data=event.data)
        return json.dumps(frame.wire(), separators=(",", ":"))


class Subscriber:
    """One socket's queue of events. Kept bounded: a slow reader may cost itself, never the replica."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Outgoing | Ending] = asyncio.Queue(maxsize=MAX_QUEUED)
        self.topics: set[str] = set()
        self.has_ended = False

    def end(self, ending: Ending) -> None:
        """Have the socket closed, before anything else that waits is sent."""
        self.has_ended = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(ending)

    def offer(self, event: Outgoing) -> bool:
        """Queue an event; False where the queue is full and the subscriber is to be cut off."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            return False
        return True


class Hub:
    """Which sockets of this replica want which topics."""

    def __init__(self) -> None:
        self._by_topic: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self.last: Cursor | None = None

    @property
    def subscribers(self) -> int:
        """How many sockets are subscribed to anything."""
        return len(set().union(*self._by_topic.values())) if self._by_topic else 0

    def subscribe(self, subscriber: Subscriber, topic: str) -> None:
        """Begin to send a topic's events to a socket."""
        subscriber.topics.add(topic)
        self._by_topic[topic].add(subscriber)

    def unsubscribe(self, subscriber: Subscriber, topic: str) -> None:
        """Stop to send a topic's events."""
        subscriber.topics.discard(topic)
        if (others := self._by_topic.get(topic)) is not None:
            others.discard(subscriber)
            if not others:
                del self._by_topic[topic]

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a socket."""
        for topic in tuple(subscriber.topics):
            self.unsubscribe(subscriber, topic)

    async def publish(self, events: Sequence[Event]) -> None:
        """Hand events to every socket that wants one of their topics, each event once."""
        for event in events:
            self.last = event.cursor
            if not event.type.is_public:
                continue
            wanting = set[Subscriber]().union(*(self._by_topic.get(topic, ()) for topic in event.topics))
            outgoing = Outgoing(event)
            for subscriber in wanting:
                if not subscriber.offer(outgoing):
                    self._cut_off(subscriber)

    def _cut_off(self, subscriber: Subscriber) -> None:
        log.warning("subscriber_too_slow", queued=subscriber.queue.qsize())
        self.leave(subscriber)
        subscriber.end(TOO_SLOW)
