"""Frames of the WebSocket `/ws`."""

from typing import Annotated

from pydantic import Field

from qubix.schemas.base import JsonObject, RequestModel, WireModel
from qubix.schemas.states import EventType

CursorText = Annotated[str, Field(pattern=r"^\d{1,20}-\d{1,20}$")]


class ClientFrame(RequestModel):
    """`{type: "subscribe:…" | "unsubscribe:…" | "subscribe" | "auth", topics?, since?, token?}`.

    `since` is the id of the last event seen: what came after it is replayed first (kept for 24 hours), and then comes
    `caughtUp`. A client with several topics comes back with all of them in one frame, `{type: "subscribe", topics: […],
    since}`: they are replayed together in one order, so whichever id it saw last holds for all. Where it gives `since`
    in several frames, an id that it sees before the last `caughtUp` does not hold for the topics that still wait.
    """

    type: Annotated[str, Field(max_length=200)]
    topics: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)] | None = None
    since: CursorText | None = None
    token: Annotated[str, Field(max_length=500)] | None = None


class ServerEvent(WireModel):
    """An event. `id` is its place in the outbox, to give as `since` after a reconnect."""

    id: str
    type: EventType
    data: JsonObject


class ControlFrame(WireModel):
    """Not an event: `ready`, `subscribed`, `caughtUp`, `unsubscribed`, `authenticated` or `error`.

    `id` is the cursor at which the subscription began, so that a client that has seen no event yet can still resume;
    with `caughtUp` it is how far the connection has come with all its topics.
    """

    type: str
    topic: str | None = None
    id: str | None = None
    message: str | None = None
