"""An event as it is read from the outbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType
from qubix_platform.events.cursor import Cursor

WAKE_CHANNEL: Final = "qubix_events"
"""Listeners are woken on it with the newest cursor."""
POKE_CHANNEL: Final = "qubix_poke"
"""Writers tell the dispatcher on it that something was committed."""


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to write; see `events.service.record`."""

    type: EventType
    topics: tuple[str, ...]
    data: JsonObject


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        cursor: its place in the stream; the `id` of the wire.
        topics: what subscribers choose by: `marketplace`, `provider:{workerId}`, `job:{jobId}`, `scheduler`.
        created_at: when the transaction that wrote it began.
    """

    cursor: Cursor
    type: EventType
    topics: tuple[str, ...]
    data: JsonObject
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Tail:
    """What the dispatcher sees of the outbox's end.

    Attributes:
        newest: the last event that may be read, `None` where there is none after the one asked about.
        horizon: the oldest transaction that is still running; no event of it or of a later one may be read yet.
        is_waiting: there are committed events beyond the horizon.
    """

    newest: Cursor | None
    horizon: int
    is_waiting: bool


@dataclass(frozen=True, slots=True)
class HorizonHolder:
    """The session whose open transaction holds back all later events."""

    pid: int | None
    user: str | None
    application: str | None
    database: str | None
    state: str | None
    open_s: float | None
    query: str | None
