"""The WebSocket of real servers: two replicas over one database, as Ray Serve would run them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Origin

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType, Scope, WalletFormat
from qubix_platform.auth.callers import UserCaller
from qubix_platform.database.session import Database
from qubix_platform.events import service as events
from qubix_platform.events.cursor import Cursor
from qubix_platform.users import keys
from qubix_platform.users import service as users
from qubix_platform.wallets import sessions
from qubix_serve.context import REPLAYS_A_MINUTE
from qubix_serve.live.sign_ins import SignIns
from qubix_serve.settings import ServeSettings
from tests.platform.market_life import Market
from tests.serve_app.servers import AnnouncingServer

DEADLINE_S = 30


@asynccontextmanager
async def serving(settings: ServeSettings) -> AsyncIterator[str]:
    """One replica on a port of its own; its WebSocket's address."""
    server = AnnouncingServer(settings)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(DEADLINE_S):
        await asyncio.to_thread(server.listening.wait)
    yield f"ws://{server.address}/ws"
    server.should_exit = True
    await task


@dataclass
class Client:
    """A WebSocket with frames as dictionaries."""

    socket: ClientConnection

    async def send(self, kind: str, **fields: object) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Frames up to the first that is wanted, which is the last of the list."""
        frames: list[dict[str, Any]] = []
        async with asyncio.timeout(DEADLINE_S):
            while not frames or not wanted(frames[-1]):
                assert not frames or frames[-1]["type"] != "error", frames[-1]
                frames.append(json.loads(await self.socket.recv()))
        return frames

    async def expect(self, kind: str) -> dict[str, Any]:
        """The next frame of a type."""
        return (await self.until(lambda frame: frame["type"] == kind))[-1]


@dataclass
class Live:
    """Two replicas, the market behind them, and a user who is known to both."""

    urls: list[str]
    market: Market
    caller: UserCaller
    key: str
    stack: AsyncExitStack

    async def client(self, replica: int = 0, *, signed_in: bool = True) -> Client:
        client = Client(await self.stack.enter_async_context(connect(self.urls[replica])))
        await client.expect("ready")
        if signed_in:
            await client.send("auth", token=self.key)
            await client.expect("authenticated")
        return client


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-ins are looked at more often than a replica does."""
    monkeypatch.setattr("qubix_serve.context.SignIns", partial(SignIns, period=0.2))


@pytest.fixture
async def live(serve_settings: ServeSettings, database: Database) -> AsyncIterator[Live]:
    market = Market(database)
    caller = await market.consumer()
    async with database.transaction() as session:
        key = await users.create_api_key(session, user_id=caller.user_id, name="live")
    async with AsyncExitStack() as servers:
        urls = [await servers.enter_async_context(serving(serve_settings)) for _ in range(2)]
        async with AsyncExitStack() as stack:
            yield Live(urls, market, caller, key.key, stack)


async def test_an_event_reaches_every_subscriber_on_every_replica(live: Live) -> None:
    clients = [await live.client(replica, signed_in=False) for replica in (0, 0, 1, 1)]
    for client in clients:
        await client.send("subscribe:marketplace")
        await client.expect("subscribed")
    machine = await live.market.machine()
    await live.market.assign(await live.market.job(live.caller), machine)
    seen = await asyncio.gather(*(client.expect("MARKETPLACE_UPDATE") for client in clients))
    assert {event["data"]["workerId"] for event in seen} == {machine.worker_id}
    assert len({event["id"] for event in seen}) == 1


async def test_a_client_that_was_away_gets_what_it_missed_once_and_in_order(live: Live) -> None:
    job = await live.market.job(live.caller)
    first = await live.client(0)
    await first.send(f"subscribe:job:{job.id}")
    since = (await first.expect("subscribed"))["id"]
    await first.socket.close()

    machine = await live.market.machine()
    await live.market.assign(job, machine)
    second = await live.client(1)
    await second.send(f"subscribe:job:{job.id}", since=since)
    replayed = await second.until(lambda frame: frame.get("data", {}).get("status") == "ASSIGNED")
    other = await live.market.job(live.caller)
    await second.send(f"subscribe:job:{other.id}")
    live_frames = await second.until(lambda frame: frame["type"] == "subscribed")
    await live.market.assign(other, await live.market.machine())
    live_frames += await second.until(lambda frame: frame.get("data", {}).get("jobId") == str(other.id))
    ids = [frame["id"] for frame in replayed + live_frames if frame["type"] == "JOB_PROGRESS"]
    assert len(ids) == len(set(ids)) == 2


async def test_strangers_and_nonsense_get_an_answer_and_the_connection_lives_on(live: Live) -> None:
    job = await live.market.job(live.caller)
    client = await live.client(signed_in=False)
    for frame, words in (
        (f"subscribe:job:{job.id}", "has not signed in"),
        ("subscribe:nothing", "no such topic"),
        ("dance", "no such type"),
    ):
        await client.send(frame)
        assert words in (await client.expect("error"))["message"]
    await client.send("auth", token="qbx_key_forged")
    assert "nobody holds" in (await client.expect("error"))["message"]
    await client.socket.send("{")
    assert "Reading a frame" in (await client.expect("error"))["message"]
    await client.socket.send(b"\x00\x01")
    assert "text frames" in (await client.expect("error"))["message"]
    await client.send("subscribe:marketplace", since="99999999999-1")
    assert "another platform" in (await client.expect("error"))["message"]

    stranger = await live.market.consumer()
    async with live.market.database.transaction() as session:
        key = await users.create_api_key(session, user_id=stranger.user_id, name="stranger")
    await client.send("auth", token=key.key)
    await client.expect("authenticated")
    await client.send(f"subscribe:job:{job.id}")
    assert "you have no job" in (await client.expect("error"))["message"]


async def test_what_happens_to_money_is_told_to_its_user_alone(live: Live) -> None:
    client = await live.client()
    await client.send(f"subscribe:user:{live.caller.user_id}")
    await client.expect("subscribed")
    stranger = await live.market.consumer()
    await client.send(f"subscribe:user:{stranger.user_id}")
    assert "to that user only" in (await client.expect("error"))["message"]
    unknown = await live.client(signed_in=False)
    await unknown.send(f"subscribe:user:{live.caller.user_id}")
    assert "has not signed in" in (await unknown.expect("error"))["message"]

    async with live.market.database.transaction() as session:
        for user_id in (stranger.user_id, live.caller.user_id):
            data: JsonObject = {"change": 1, "user": str(user_id)}
            await events.record(session, type=EventType.BALANCE_CHANGED, topics=[f"user:{user_id}"], data=data)

    assert (await client.expect("BALANCE_CHANGED"))["data"]["user"] == str(live.caller.user_id)


async def test_a_session_signs_in_and_a_key_that_may_not_read_does_not(live: Live) -> None:
    async with live.market.database.transaction() as session:
        user_id = live.caller.user_id
        opened = await sessions.begin(
            session, user_id=user_id, wallet_format=WalletFormat.EXTENSION, now=datetime.now(UTC)
        )
        blind = await users.create_api_key(session, user_id=user_id, name="blind", scopes=[Scope.JOBS, Scope.MONEY])
    client = await live.client(signed_in=False)
    await client.send("auth", token=blind.key)
    assert "scope read" in (await client.expect("error"))["message"]
    await client.send("subscribe:provider:anybody")
    assert "not signed in" in (await client.expect("error"))["message"]
    await client.send("auth", token=opened.token)
    await client.expect("authenticated")
    await client.send("subscribe:provider:anybody")
    await client.expect("subscribed")


async def test_what_was_revoked_hears_nothing_of_the_past(live: Live) -> None:
    async with live.market.database.transaction() as session:
        key = await users.create_api_key(session, user_id=live.caller.user_id, name="short")
    client = await live.client(signed_in=False)
    await client.send("auth", token=key.key)
    await client.expect("authenticated")
    async with live.market.database.transaction() as session:
        await keys.revoke(session, caller=live.caller, key_id=key.id)
    await client.send("subscribe:provider:anybody", since="1-0")
    assert "Sign in again" in (await client.expect("error"))["message"]


@pytest.mark.usefixtures("impatient")
async def test_a_socket_ends_with_what_it_signed_in_with(live: Live) -> None:
    database = live.market.database
    async with database.transaction() as session:
        key = await users.create_api_key(session, user_id=live.caller.user_id, name="short")
        opened = await sessions.begin(
            session, user_id=live.caller.user_id, wallet_format=WalletFormat.EXTENSION, now=datetime.now(UTC)
        )
        ending = await sessions.begin(
            session, user_id=live.caller.user_id, wallet_format=WalletFormat.EXTENSION, now=datetime.now(UTC)
        )
    other = await live.client()
    clients = [await live.client(signed_in=False) for _ in range(3)]
    for client, token in zip(clients, (key.key, opened.token, ending.token), strict=True):
        await client.send("auth", token=token)
        await client.expect("authenticated")
        await client.send(f"subscribe:user:{live.caller.user_id}")
        await client.expect("subscribed")

    async with database.transaction() as session:
        await keys.revoke(session, caller=live.caller, key_id=key.id)
        await sessions.revoke(session, user_id=live.caller.user_id, session_id=opened.id)
        await session.execute(
            text(
                "update wallet_sessions set created_at = created_at - interval '8 days', "
                "expires_at = now() - interval '1 second' where id = :id"
            ),
            {"id": ending.id},
        )
    for client in clients:
        with pytest.raises(ConnectionClosedError) as closed:
            await client.expect("BALANCE_CHANGED")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
    await other.send("subscribe:provider:anybody")
    await other.expect("subscribed")


async def _record(live: Live, *topics: str) -> None:
    async with live.market.database.transaction() as session:
        await events.record(session, type=EventType.JOB_PROGRESS, topics=topics, data={"topics": list(topics)})


async def test_a_client_that_is_cut_off_anywhere_in_a_replay_of_several_topics_misses_nothing(live: Live) -> None:
    first, second = "provider:one", "provider:two"
    client = await live.client()
    await client.send("subscribe", topics=[first, second])
    await client.expect("subscribed")
    since = (await client.expect("subscribed"))["id"]
    for topics in ((second,), (first,), (second,), (first, second), (second,), (first,)):
        await _record(live, *topics)

    for cut in range(1, 7):
        heard: list[str] = []
        last = since
        for count in (cut, 6 - cut):
            again = await live.client(1)
            await again.send("subscribe", topics=[first, second], since=last)
            for _ in range(count):
                last = (await again.expect("JOB_PROGRESS"))["id"]
                heard.append(last)
            await again.socket.close()
        assert len(heard) == len(set(heard)) == 6
        assert [Cursor.parse(each) for each in heard] == sorted(Cursor.parse(each) for each in heard)


async def test_a_topic_that_joins_later_catches_up_and_events_of_both_come_once(live: Live) -> None:
    first, second = "provider:one", "provider:two"
    client = await live.client()
    await client.send(f"subscribe:{first}")
    since = (await client.expect("subscribed"))["id"]
    await _record(live, second)
    await _record(live, first, second)
    shared = await client.expect("JOB_PROGRESS")
    await client.send(f"subscribe:{second}", since=since)
    replayed = await client.until(lambda frame: frame["type"] == "caughtUp")

    assert [frame["data"]["topics"] for frame in replayed if frame["type"] == "JOB_PROGRESS"] == [[second]]
    assert replayed[-1]["id"] == shared["id"]
    await _record(live, first, second)
    await _record(live, second)
    ahead = [await client.expect("JOB_PROGRESS") for _ in range(2)]
    assert [frame["data"]["topics"] for frame in ahead] == [[first, second], [second]]


async def test_a_frame_with_no_topic_or_one_that_is_refused_subscribes_to_nothing(live: Live) -> None:
    client = await live.client()
    await client.send("subscribe", topics=[])
    assert "no topic is named" in (await client.expect("error"))["message"]
    await client.send("subscribe", topics=["provider:one", "user:somebody"])
    assert "to that user only" in (await client.expect("error"))["message"]
    await _record(live, "provider:one")
    await client.send("subscribe", topics=["provider:two"])
    assert [frame["type"] for frame in await client.until(lambda frame: frame["type"] == "subscribed")] == [
        "subscribed"
    ]


async def _session(live: Live) -> str:
    async with live.market.database.transaction() as session:
        opened = await sessions.begin(
            session, user_id=live.caller.user_id, wallet_format=WalletFormat.EXTENSION, now=datetime.now(UTC)
        )
    return opened.token


async def test_a_browsers_session_signs_its_own_pages_in_and_no_others(live: Live) -> None:
    cookie = {"Cookie": f"qubix_session={await _session(live)}"}
    own = live.urls[0].replace("ws://", "http://").removesuffix("/ws")
    socket = await live.stack.enter_async_context(connect(live.urls[0], additional_headers=cookie, origin=Origin(own)))
    client = Client(socket)
    await client.expect("authenticated")
    await client.send(f"subscribe:user:{live.caller.user_id}")
    await client.expect("subscribed")
    with pytest.raises(InvalidStatus, match="403"):
        await connect(live.urls[0], additional_headers=cookie, origin=Origin("https://evil.example"))


async def test_a_stranger_has_the_past_replayed_ten_times_a_minute(live: Live) -> None:
    client = await live.client(signed_in=False)
    await client.send("subscribe:marketplace")
    since = (await client.expect("subscribed"))["id"]
    for _ in range(REPLAYS_A_MINUTE):
        await client.send("subscribe:marketplace", since=since)
        await client.expect("caughtUp")
    other = await live.client(signed_in=False)
    await other.send("subscribe:marketplace", since=since)
    assert "Sign in" in (await other.expect("error"))["message"]
    await other.send("auth", token=live.key)
    await other.expect("authenticated")
    await other.send("subscribe:marketplace", since=since)
    await other.expect("caughtUp")


async def test_a_socket_that_asks_for_nothing_is_closed(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qubix_serve.live.connection.SIGN_IN_SECONDS", 0.1)
    client = await live.client(signed_in=False)
    with pytest.raises(ConnectionClosedError) as closed:
        await client.expect("authenticated")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4408
