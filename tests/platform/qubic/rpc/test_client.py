"""The client against a devnet, in good days and in bad ones."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_delay, wait_fixed

from qubix.qubic.errors import InvalidTransaction
from qubix.qubic.transaction import Transaction
from qubix_platform.qubic.devnet.genesis import FUNDED_QU
from qubix_platform.qubic.rpc import (
    BroadcastUncertain,
    ChainRefused,
    ChainUnavailable,
    QubicRpc,
    RpcPolicy,
    TickInfo,
    TickNotProcessed,
)
from tests.devnet_fixture import LiveDevnet

ALICE, BOB = LiveDevnet.developer(0), LiveDevnet.developer(1)
HASTY = RpcPolicy(answer_seconds=0.3, attempts=3, first_pause=0.01, longest_pause=0.02, failures=1000)


@pytest.fixture
async def rpc(devnet: LiveDevnet) -> AsyncIterator[QubicRpc]:
    """A client of the devnet that soon loses its patience."""
    async with QubicRpc(devnet.url, policy=HASTY) as client:
        yield client


def payment(devnet: LiveDevnet, amount: int = 7, *, ahead: int = 30) -> Transaction:
    return Transaction(ALICE.public_key, BOB.public_key, amount, devnet.tick + ahead).signed(subseed=ALICE.subseed)


async def test_every_route(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    sent = payment(devnet, 2**40 // 1000, ahead=10)
    info = await rpc.tick_info()
    assert info.name == "QUBIX devnet"
    assert (info.epoch, info.initial_tick) == (1, 1_000_000)

    assert await rpc.broadcast(sent.encode()) == sent.id()
    assert await rpc.transaction(sent.id()) is None
    await asyncio.to_thread(devnet.wait_for_tick, sent.tick, processed=True)

    found = await rpc.transaction(sent.id())
    assert found is not None
    assert found.transaction == sent
    assert found.money_flew
    assert found.is_genuine()
    assert (await rpc.last_processed_tick()).tick >= sent.tick
    assert await rpc.transactions_for_tick(sent.tick) == (found,)
    assert await rpc.transactions_for_tick(sent.tick - 1) == ()
    page = await rpc.transactions_for_identity(BOB.identity, first_tick=sent.tick)
    assert (page.total, page.transactions) == (1, (found,))
    assert (await rpc.transactions_for_identity(BOB.identity, last_tick=sent.tick - 1)).total == 0
    balance = await rpc.balance(BOB.identity)
    assert balance.balance == FUNDED_QU + sent.amount
    assert balance.incoming_transfers == 2
    assert balance.latest_incoming_tick == sent.tick


async def test_refusals_say_what_the_network_said(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    forged = Transaction(ALICE.public_key, BOB.public_key, 7, devnet.tick + 9).signed(subseed=BOB.subseed)
    with pytest.raises(ChainRefused, match="signature"):
        await rpc.broadcast(forged.encode())
    with pytest.raises(ChainRefused, match="target tick"):
        await rpc.broadcast(payment(devnet, ahead=-5).encode())
    with pytest.raises(ChainRefused):
        await rpc.balance("NOBODY")
    with pytest.raises(InvalidTransaction):
        await rpc.broadcast(b"nothing")


async def test_tick_that_the_archive_does_not_know_is_no_empty_tick(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    with pytest.raises(TickNotProcessed):
        await rpc.transactions_for_tick(devnet.tick + 1000)

    devnet.set_clock(0)
    sent = payment(devnet, ahead=1)
    await rpc.broadcast(sent.encode())
    devnet.pass_ticks(5)
    assert (await rpc.last_processed_tick()).tick > sent.tick
    devnet.order("replicaBehind")
    with pytest.raises(TickNotProcessed):
        await rpc.transactions_for_tick(sent.tick)


async def test_skipped_tick_is_empty(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    devnet.set_clock(0)
    before = devnet.tick
    devnet.begin_epoch(skipped=50)
    devnet.pass_ticks(5)

    assert await rpc.transactions_for_tick(before + 20) == ()


async def test_server_errors_are_bridged(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    devnet.order("serverError", times=2)

    assert (await rpc.tick_info()).epoch == 1


async def test_server_that_stays_ill_is_said(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    devnet.order("serverError", times=3)

    with pytest.raises(ChainUnavailable, match="answered 500"):
        await rpc.tick_info()


async def test_lost_broadcast_is_repeated_as_the_same_transaction(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    devnet.order("timeoutAfterAccepting")
    devnet.order("drop")
    sent = payment(devnet, ahead=60)

    assert await rpc.broadcast(sent.encode()) == sent.id()
    await asyncio.to_thread(devnet.wait_for_tick, sent.tick, processed=True)

    assert devnet.balance(BOB.identity) == FUNDED_QU + sent.amount
    assert len(await rpc.transactions_for_tick(sent.tick)) == 1


async def test_broadcast_without_any_answer_is_uncertain(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    devnet.order("timeoutAfterAccepting", times=3)
    sent = payment(devnet, ahead=60)
    with pytest.raises(BroadcastUncertain):
        await rpc.broadcast(sent.encode())
    await asyncio.to_thread(devnet.wait_for_tick, sent.tick)

    assert devnet.balance(BOB.identity) == FUNDED_QU + sent.amount


async def test_refusal_after_a_lost_attempt_does_not_count_as_one(devnet: LiveDevnet) -> None:
    devnet.set_clock(0)
    devnet.order("timeoutAfterAccepting")
    sent = payment(devnet, ahead=1)
    async with QubicRpc(devnet.url, policy=HASTY) as rpc:
        broadcast = asyncio.create_task(rpc.broadcast(sent.encode()))
        while devnet.state()["pending"] == 0:
            await asyncio.wait([broadcast], timeout=0.01)
        devnet.pass_ticks(2)
        with pytest.raises(BroadcastUncertain, match="earlier attempt was lost"):
            await broadcast

    assert devnet.balance(BOB.identity) == FUNDED_QU + sent.amount


async def test_network_that_is_not_there_is_unavailable_and_nothing_was_sent() -> None:
    alice_to_bob = Transaction(ALICE.public_key, BOB.public_key, 7, 9).signed(subseed=ALICE.subseed)
    async with QubicRpc("http://127.0.0.1:9", policy=HASTY) as rpc:
        with pytest.raises(ChainUnavailable, match="ConnectError") as raised:
            await rpc.broadcast(alice_to_bob.encode())

    assert not isinstance(raised.value, BroadcastUncertain)


async def test_network_that_keeps_failing_is_left_alone_and_asked_again_later(devnet: LiveDevnet) -> None:
    policy = RpcPolicy(attempts=2, first_pause=0.01, longest_pause=0.02, failures=2, rest_seconds=0.2)
    devnet.plan(rates={"serverError": 1})
    async with QubicRpc(devnet.url, policy=policy) as rpc:
        with pytest.raises(ChainUnavailable, match="answered 500"):
            await rpc.tick_info()
        devnet.plan()
        with pytest.raises(ChainUnavailable, match="left alone"):
            await rpc.tick_info()

        patient = AsyncRetrying(
            stop=stop_after_delay(5), wait=wait_fixed(0.05), retry=retry_if_exception_type(ChainUnavailable)
        )
        recovered: TickInfo = await patient(rpc.tick_info)

    assert recovered.name == "QUBIX devnet"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"tickInfo": {"tick": "x"}}', '{"tickInfo": {"tick": 1.5}}'])
async def test_answer_that_makes_no_sense_is_no_answer(body: str) -> None:
    async with answering(200, body) as rpc:
        with pytest.raises(ChainUnavailable, match="makes no sense"):
            await rpc.tick_info()


async def test_broadcast_that_was_answered_with_nonsense_is_uncertain() -> None:
    sent = Transaction(ALICE.public_key, BOB.public_key, 7, 9).signed(subseed=ALICE.subseed)
    for body in ("{}", json.dumps({"transactionId": "a" * 60})):
        async with answering(200, body) as rpc:
            with pytest.raises(BroadcastUncertain):
                await rpc.broadcast(sent.encode())


async def test_not_found_of_somebody_else_is_not_the_archives() -> None:
    async with answering(404, "no such page") as rpc:
        with pytest.raises(ChainRefused):
            await rpc.transaction("a" * 60)
        with pytest.raises(TickNotProcessed):
            await rpc.transactions_for_tick(5)


async def test_transaction_at_the_top_of_the_answer_is_read_too(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    hash_ = devnet.fund(BOB.identity, 5)
    async with httpx.AsyncClient(base_url=devnet.url, trust_env=False) as http:
        answer = (await http.post("/query/v1/getTransactionByHash", json={"hash": hash_})).json()
    async with answering(200, json.dumps(answer["transaction"])) as other:
        assert await other.transaction(hash_) == await rpc.transaction(hash_)


async def test_transaction_that_a_server_made_up_is_not_genuine(devnet: LiveDevnet, rpc: QubicRpc) -> None:
    found = await rpc.transaction(devnet.fund(BOB.identity, 5))
    assert found is not None

    richer = replace(found, transaction=replace(found.transaction, amount=500))
    renamed = replace(richer, hash=richer.transaction.id())
    assert [one.is_genuine() for one in (found, richer, renamed)] == [True, False, False]


def answering(status: int, body: str) -> QubicRpc:
    """A client of a server that gives the same answer to everything."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, text=body))
    return QubicRpc("http://127.0.0.1", policy=HASTY, transport=transport)
