"""Frames of the WebSocket `/ws`."""

from typing import Annotated

from pydantic import Field

from qubix.schemas.base import JsonObject, RequestModel, WireModel
from qubix.schemas.states import EventType

CursorText = Annotated[str, Field(pattern=r"^\d{1,20}-\d{1,20}$")]


class ClientFrame(RequestModel):
    """`{type: "subscribe:…" | "unsubscribe:…" | "auth", since?, token?}`.

    `since` is the id of the last event seen: what came after it is replayed first (kept for 24 hours).
    """

    type: Annotated[str, Field(max_length=200)]
    since: CursorText | None = None
    token: Annotated[str, Field(max_length=500)] | None = None


class ServerEvent(WireModel):
    """An event. `id` is its place in the outbox, to give as `since` after a reconnect."""

    id: str
    type: EventType
    data: JsonObject


class ControlFrame(WireModel):
    """Not an event: `ready`, `subscribed`, `unsubscribed`, `authenticated` or `error`.

    `id` is the cursor at which the subscription began, so that a client that has seen no event yet can still resume.
    """

    type: str
    topic: str | None = None
    id: str | None = None
    message: str | None = None
