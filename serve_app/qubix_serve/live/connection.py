"""One WebSocket: what it may see, what it asked for, and what it still has to be sent."""

import asyncio
import time
from collections.abc import Collection, Coroutine, Sequence
from typing import Final
from uuid import UUID

import structlog
from fastapi import WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from qubix.errors import InvalidRequest, NotAllowed, NotAuthenticated, QubixError, TooManyRequests
from qubix.schemas.frames import ClientFrame, ControlFrame
from qubix.schemas.states import Scope
from qubix_platform.auth import service as auth
from qubix_platform.auth.callers import UserCaller
from qubix_platform.auth.tokens import USER_TOKENS
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.models import Event
from qubix_platform.events.reader import MAX_BATCH, events_after, head, require_replayable
from qubix_platform.groups import service as groups
from qubix_platform.jobs import service as jobs
from qubix_serve.context import REPLAYS_A_MINUTE, AppContext
from qubix_serve.cookies import kept_session
from qubix_serve.live.hub import Ending, Outgoing, Subscriber
from qubix_serve.live.reading import Reading

log = structlog.get_logger(__name__)

MAX_TOPICS: Final = 200
SIGN_IN_SECONDS: Final = 30.0
"""How long a socket may be open and neither sign in nor subscribe to anything."""
MAX_FRAME_CHARACTERS: Final = 65_536
_FOREIGN: Final = 4403
NOTHING_ASKED: Final = Ending(code=4408, reason="nothing was asked for: sign in, or subscribe to something")
_MARKETPLACE: Final = "marketplace"


class Connection:
    """Serves one client until it leaves.

    It gets each event once, whether by replay or live, and after a replay has caught up all of them in one order.
    """

    def __init__(self, socket: WebSocket, context: AppContext) -> None:
        self._socket = socket
        self._context = context
        self._subscriber = Subscriber()
        self._caller: UserCaller | None = None
        self._reading = Reading()
        self._sending = asyncio.Lock()

    async def serve(self) -> None:
        """Until the client leaves, or is cut off because it does not keep up, or is signed in no more."""
        try:
            token = kept_session(self._socket, settings=self._context.settings)
        except QubixError as error:
            log.info("socket_refused", reason=error.message)
            await self._socket.close(code=_FOREIGN)
            return
        await self._socket.accept()
        self._context.garbage.came()
        try:
            await self._control("ready")
            async with asyncio.TaskGroup() as tasks:
                helpers = [tasks.create_task(self._send_events()), tasks.create_task(self._expect_something())]
                if token is not None:
                    await self._try(self._authenticate(token))
                await self._receive_frames()
                for helper in helpers:
                    helper.cancel()
        except* WebSocketDisconnect:
            log.debug("socket_left")
        finally:
            self._context.sign_ins.remove(self._subscriber)
            self._context.hub.leave(self._subscriber)
            self._context.garbage.left()

    async def _receive_frames(self) -> None:
        while True:
            try:
                text = await self._socket.receive_text()
            except KeyError:
                await self._control("error", message="Only text frames are understood.")
                continue
            if self._subscriber.has_ended:
                continue  # until the client has seen that it was closed
            await self._try(self._answer(text))

    async def _answer(self, text: str) -> None:
        await self._handle(_parse(text))

    async def _try(self, step: Coroutine[None, None, None]) -> None:
        try:
            await step
        except QubixError as error:
            await self._control("error", message=error.message)

    async def _expect_something(self) -> None:
        await asyncio.sleep(SIGN_IN_SECONDS)
        if self._caller is None and not self._reading.topics:
            self._subscriber.end(NOTHING_ASKED)

    async def _handle(self, frame: ClientFrame) -> None:
        verb, _, topic = frame.type.partition(":")
        match verb:
            case "auth":
                await self._authenticate(frame.token or "")
            case "subscribe":
                topics = [topic] if topic else list(dict.fromkeys(frame.topics or []))
                await self._subscribe(topics, since=frame.since)
            case "unsubscribe":
                self._context.hub.unsubscribe(self._subscriber, topic)
                self._reading.end(topic)
                await self._control("unsubscribed", topic=topic)
            case _:
                raise InvalidRequest(
                    asked=f"A frame of type {frame.type!r}",
                    obstacle="there is no such type",
                    remedy="Send subscribe:marketplace, subscribe:provider:{workerId}, subscribe:job:{jobId} or auth.",
                )

    async def _authenticate(self, token: str) -> None:
        async with self._context.database.transaction() as session:
            caller = await auth.authenticate(session, token, allowed=USER_TOKENS, secret=self._context.settings.secret)
        assert isinstance(caller, UserCaller)
        caller.require(Scope.READ)
        self._caller = caller
        self._context.sign_ins.add(self._subscriber, caller)
        await self._control("authenticated")

    async def _subscribe(self, topics: Sequence[str], *, since: str | None) -> None:
        await self._check_all(topics)
        cursor = Cursor.parse(since) if since is not None else None
        if cursor is not None and self._caller is None:
            self._check_replays()
        async with self._sending:
            if cursor is not None:
                await self._require_replayable(cursor)
                for topic in topics:
                    self._reading.end(topic)  # asked for again from there on
            fresh = [topic for topic in topics if topic not in self._reading.topics]
            # Subscribed first and read afterwards: what is committed in between arrives by the queue.
            for topic in fresh:
                self._context.hub.subscribe(self._subscriber, topic)
            floor = cursor or await self._head()
            for topic in topics:
                await self._control("subscribed", topic=topic, cursor=floor)
            if cursor is not None:
                await self._fill_in(fresh, after=cursor)
            self._reading.begin(fresh, floor=floor)
            if cursor is not None:
                await self._catch_up()
                await self._control("caughtUp", cursor=self._reading.place)

    async def _require_replayable(self, since: Cursor) -> None:
        async with self._context.database.transaction() as session:
            await require_replayable(session, since)

    async def _head(self) -> Cursor:
        async with self._context.database.transaction() as session:
            return await head(session)

    async def _fill_in(self, topics: Sequence[str], *, after: Cursor) -> None:
        """Send what these topics had up to where the others are."""
        place = self._reading.place
        while place is not None and after < place and not self._subscriber.has_ended:
            events = [event for event in await self._read(after=after, topics=topics) if event.cursor <= place]
            for event in events:
                after = event.cursor
                if event.type.is_public and not self._reading.was_sent(event):
                    await self._send(Outgoing(event))
            if len(events) < MAX_BATCH:
                return

    async def _catch_up(self) -> None:
        """Send what all topics had since, in one order."""
        place = self._reading.place
        while place is not None and not self._subscriber.has_ended:
            events = await self._read(after=place, topics=self._reading.topics)
            for event in events:
                await self._pass_on(Outgoing(event))
                place = event.cursor
            if len(events) < MAX_BATCH:
                return

    async def _read(self, *, after: Cursor, topics: Collection[str]) -> list[Event]:
        async with self._context.database.transaction() as session:
            return await events_after(session, after=after, topics=topics)

    def _check_replays(self) -> None:
        client = self._socket.client
        address = "" if client is None else client.host
        if not self._context.replays.allows(address, now=time.monotonic()):
            raise TooManyRequests(
                asked="Having the past replayed",
                obstacle=f"without signing in that is done {REPLAYS_A_MINUTE} times a minute for one client",
                remedy="Sign in, wait a minute, or subscribe without `since`.",
            )

    async def _check_all(self, topics: Sequence[str]) -> None:
        if not topics:
            raise InvalidRequest(
                asked="Subscribing",
                obstacle="no topic is named",
                remedy='Send {"type": "subscribe:marketplace"}, or {"type": "subscribe", "topics": [...]}.',
            )
        if len(self._reading.topics | set(topics)) > MAX_TOPICS:
            raise InvalidRequest(
                asked=f"Subscribing to {topics[0]}" if len(topics) == 1 else f"Subscribing to {len(topics)} topics",
                obstacle=f"a connection has at most {MAX_TOPICS} topics",
                remedy="Unsubscribe from some, or open another connection.",
            )
        if self._caller is not None:
            await self._check_sign_in(self._caller)
        for topic in topics:
            await self._check(topic)

    async def _check_sign_in(self, caller: UserCaller) -> None:
        async with self._context.database.transaction() as session:
            await auth.require_living(session, caller)

    async def _check(self, topic: str) -> None:
        kind, _, name = topic.partition(":")
        if topic == _MARKETPLACE:
            return
        if kind not in ("provider", "job", "group", "user") or not name:
            raise InvalidRequest(
                asked=f"Subscribing to {topic!r}",
                obstacle="there is no such topic",
                remedy="Topics are marketplace, provider:{workerId}, job:{jobId}, group:{groupId} and user:{userId}.",
            )
        if self._caller is None:
            raise NotAuthenticated(
                asked=f"Subscribing to {topic}",
                obstacle="this connection has not signed in",
                remedy='Send {"type": "auth", "token": "qbx_key_…"} first.',
            )
        if kind == "user" and name != str(self._caller.user_id):
            raise NotAllowed(
                asked=f"Subscribing to {topic}",
                obstacle="what happens to a user's money is told to that user only",
                remedy=f"Subscribe to user:{self._caller.user_id}.",
            )
        async with self._context.database.transaction() as session:
            if kind == "job":
                await jobs.get_job(session, caller=self._caller, job_id=_uuid(name, kind))
            elif kind == "group":
                await groups.get_group(session, caller=self._caller, group_id=_uuid(name, kind))

    async def _send_events(self) -> None:
        while not isinstance(outgoing := await self._subscriber.queue.get(), Ending):
            async with self._sending:
                await self._pass_on(outgoing)
        async with self._sending:
            await self._socket.close(code=outgoing.code, reason=outgoing.reason)

    async def _pass_on(self, outgoing: Outgoing) -> None:
        """Send an event, unless it went out before; it is the next of the stream."""
        event = outgoing.event
        if self._reading.is_due(event) and event.type.is_public:
            await self._send(outgoing)
        if self._reading.topics:
            self._reading.advance(event.cursor)

    async def _send(self, outgoing: Outgoing) -> None:
        await self._socket.send_text(outgoing.text)

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


def _uuid(text: str, kind: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidRequest(
            asked=f"Subscribing to {kind}:{text}",
            obstacle=f"that is not a {kind}'s id",
            remedy=f"Give the {kind}'s UUID.",
        ) from None
