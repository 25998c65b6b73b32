"""How far one socket has read the stream of events. Pure: what is due, what was sent, and where to go on."""

from collections.abc import Iterable

from qubix_platform.events.cursor import Cursor
from qubix_platform.events.models import Event


class Reading:
    """One place in the stream for all topics of a socket.

    Every event of its topics up to the place was sent, none after it. So the last id that a client got is good for all
    its topics at once. Each topic also has a floor, after which its events begin.
    """

    def __init__(self) -> None:
        self._place: Cursor | None = None
        self._floors: dict[str, Cursor] = {}

    @property
    def place(self) -> Cursor | None:
        """Up to where all was sent; None before the first topic."""
        return self._place

    @property
    def topics(self) -> frozenset[str]:
        """What is read."""
        return frozenset(self._floors)

    def begin(self, topics: Iterable[str], *, floor: Cursor) -> None:
        """Read these topics too. What of them lies between the floor and the place has been sent before."""
        self._floors |= dict.fromkeys(topics, floor)
        self._place = self._place or floor

    def end(self, topic: str) -> None:
        """Read this topic no more."""
        self._floors.pop(topic, None)

    def advance(self, cursor: Cursor) -> None:
        """Everything up to here was sent. The place never goes back."""
        assert self._place is not None, "there is no topic yet"
        self._place = max(self._place, cursor)

    def is_due(self, event: Event) -> bool:
        """Whether an event lies after the place and belongs to a topic that has begun before it."""
        return self._place is not None and event.cursor > self._place and self._is_wanted(event)

    def was_sent(self, event: Event) -> bool:
        """Whether an event of the past went out already, for another of its topics."""
        return self._place is not None and event.cursor <= self._place and self._is_wanted(event)

    def _is_wanted(self, event: Event) -> bool:
        return any(topic in self._floors and event.cursor > self._floors[topic] for topic in event.topics)
