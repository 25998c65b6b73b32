"""One WebSocket: what it may see, what it asked for, and what it still has to be sent."""

import asyncio
import json
from typing import Final
from uuid import UUID

import structlog
from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from qubix.errors import InvalidRequest, NotAllowed, NotAuthenticated, QubixError
from qubix.schemas.frames import ClientFrame, ControlFrame, ServerEvent
from qubix.schemas.states import Scope
from qubix_platform.auth import service as auth
from qubix_platform.auth.callers import UserCaller
from qubix_platform.auth.tokens import USER_TOKENS
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.models import Event
from qubix_platform.events.reader import MAX_BATCH, events_after, head, require_replayable
from qubix_platform.jobs import service as jobs
from qubix_serve.context import AppContext
from qubix_serve.live.hub import Subscriber

log = structlog.get_logger(__name__)

MAX_TOPICS: Final = 200
MAX_FRAME_CHARACTERS: Final = 4096
_TOO_SLOW: Final = 1013
_MARKETPLACE: Final = "marketplace"


class Connection:
    """Serves one client until it leaves.

    Each topic has a floor: the cursor up to which its events were replayed. Live events at or below it are passed over,
    so a client gets each event once, in order, whether it came by replay or live.
    """

    def __init__(self, socket: WebSocket, context: AppContext) -> None:
        self._socket = socket
        self._context = context
        self._subscriber = Subscriber()
        self._caller: UserCaller | None = None
        self._floors: dict[str, Cursor] = {}
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Until the client leaves, or is cut off because it does not keep up."""
        await self._socket.accept()
        await self._control("ready")
        try:
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(self._send_events())
                await self._receive_frames()
                sending.cancel()
        except* WebSocketDisconnect:
            log.debug("socket_left")
        finally:
            self._context.hub.leave(self._subscriber)

    async def _receive_frames(self) -> None:
        while True:
            try:
                text = await self._socket.receive_text()
            except KeyError:
                await self._control("error", message="Only text frames are understood.")
                continue
            try:
                await self._handle(_parse(text))
            except QubixError as error:
                await self._control("error", message=error.message)

    async def _handle(self, frame: ClientFrame) -> None:
        verb, _, topic = frame.type.partition(":")
        match verb:
            case "auth":
                await self._authenticate(frame)
            case "subscribe":
                await self._subscribe(topic, since=frame.since)
            case "unsubscribe":
                self._context.hub.unsubscribe(self._subscriber, topic)
                self._floors.pop(topic, None)
                await self._control("unsubscribed", topic=topic)
            case _:
                raise InvalidRequest(
                    asked=f"A frame of type {frame.type!r}",
                    obstacle="there is no such type",
                    remedy="Send subscribe:marketplace, subscribe:provider:{workerId}, subscribe:job:{jobId} or auth.",
                )

    async def _authenticate(self, frame: ClientFrame) -> None:
        async with self._context.database.transaction() as session:
            caller = await auth.authenticate(
                session, frame.token or "", allowed=USER_TOKENS, secret=self._context.settings.secret
            )
        assert isinstance(caller, UserCaller)
        caller.require(Scope.READ)
        self._caller = caller
        await self._control("authenticated")

    async def _subscribe(self, topic: str, *, since: str | None) -> None:
        await self._check(topic)
        cursor = Cursor.parse(since) if since is not None else None
        async with self._sending:
            # Subscribed first and read afterwards: what is committed in between arrives by the queue.
            self._context.hub.subscribe(self._subscriber, topic)
            try:
                floor = await self._floor(cursor)
            except QubixError:
                self._context.hub.unsubscribe(self._subscriber, topic)
                raise
            self._floors[topic] = floor
            await self._control("subscribed", topic=topic, cursor=floor)
            if cursor is not None:
                await self._replay(topic)

    async def _floor(self, since: Cursor | None) -> Cursor:
        async with self._context.database.transaction() as session:
            if since is None:
                return await head(session)
            await require_replayable(session, since)
            return since

    async def _replay(self, topic: str) -> None:
        while True:
            async with self._context.database.transaction() as session:
                events = await events_after(session, after=self._floors[topic], topics=(topic,))
            for event in events:
                self._floors[topic] = event.cursor
                if event.type.is_public:
                    await self._send(event)
            if len(events) < MAX_BATCH:
                return

    async def _check(self, topic: str) -> None:
        kind, _, name = topic.partition(":")
        if topic == _MARKETPLACE:
            return
        if kind not in ("provider", "job", "user") or not name:
            raise InvalidRequest(
                asked=f"Subscribing to {topic!r}",
                obstacle="there is no such topic",
                remedy="Topics are marketplace, provider:{workerId}, job:{jobId} and user:{userId}.",
            )
        if self._caller is None:
            raise NotAuthenticated(
                asked=f"Subscribing to {topic}",
                obstacle="this connection has not signed in",
                remedy='Send {"type": "auth", "token": "qbx_key_…"} first.',
            )
        if len(self._subscriber.topics) >= MAX_TOPICS:
            raise InvalidRequest(
                asked=f"Subscribing to {topic}",
                obstacle=f"a connection has at most {MAX_TOPICS} topics",
                remedy="Unsubscribe from some, or open another connection.",
            )
        if kind == "user" and name != str(self._caller.user_id):
            raise NotAllowed(
                asked=f"Subscribing to {topic}",
                obstacle="what happens to a user's money is told to that user only",
                remedy=f"Subscribe to user:{self._caller.user_id}.",
            )
        if kind == "job":
            async with self._context.database.transaction() as session:
                await jobs.get_job(session, caller=self._caller, job_id=_uuid(name))

    async def _send_events(self) -> None:
        while (event := await self._subscriber.queue.get()) is not None:
            async with self._sending:
                if self._is_new(event):
                    await self._send(event)
        await self._socket.close(code=_TOO_SLOW, reason="too slow: reconnect and continue with the last id")

    def _is_new(self, event: Event) -> bool:
        floors = [self._floors[topic] for topic in event.topics if topic in self._floors]
        return any(event.cursor > floor for floor in floors)

    async def _send(self, event: Event) -> None:
        frame = ServerEvent(id=str(event.cursor), type=event.type, data=event.data)
        await self._socket.send_text(json.dumps(frame.wire(), separators=(",", ":")))

    async def _control(
        self, kind: str, *, topic: str | None = None, cursor: Cursor | None = None, message: str | None = None
    ) -> None:
        frame = ControlFrame(type=kind, topic=topic, id=str(cursor) if cursor else None, message=message)
        await self._socket.send_text(frame.model_dump_json(by_alias=True, exclude_none=True))


def _parse(text: str) -> ClientFrame:
    if len(text) > MAX_FRAME_CHARACTERS:
        raise _unreadable(f"it is longer than {MAX_FRAME_CHARACTERS} characters")
    try:
        return ClientFrame.model_validate_json(text)
    except ValidationError as error:
        raise _unreadable(error.errors()[0]["msg"]) from None


def _unreadable(obstacle: str) -> InvalidRequest:
    return InvalidRequest(
        asked="Reading a frame", obstacle=obstacle, remedy='Send JSON such as {"type": "subscribe:marketplace"}.'
    )


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequest(
            asked=f"Subscribing to job:{text}", obstacle="that is not a job's id", remedy="Give the job's UUID."
        ) from None
