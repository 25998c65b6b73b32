"""A devnet behind its socket: what it takes, what it refuses, what it does wrong when it is told to."""

import base64
from typing import Any

import httpx
import pytest

from qubix.qubic.transaction import Transaction
from qubix.wallets.seeds import FUNDED
from qubix_platform.qubic import send_many
from qubix_platform.qubic.devnet.app import HEADER, HEADER_VALUE
from qubix_platform.qubic.devnet.genesis import FAUCET_QU, FUNDED_QU
from qubix_platform.qubic.send_many import Payment
from tests.devnet_fixture import LiveDevnet

SUPPLY = FAUCET_QU + FUNDED * FUNDED_QU
ALICE, BOB, CAROL = (LiveDevnet.developer(number) for number in range(3))
FARTHER = 8


@pytest.fixture
def http(devnet: LiveDevnet) -> Any:
    """The devnet as the network."""
    with httpx.Client(base_url=devnet.url, timeout=5, trust_env=False) as client:
        yield client


def payment(devnet: LiveDevnet, amount: int, *, ahead: int = FARTHER) -> Transaction:
    return Transaction(ALICE.public_key, BOB.public_key, amount, devnet.tick + ahead).signed(subseed=ALICE.subseed)


def broadcast(http: httpx.Client, raw: bytes) -> httpx.Response:
    return http.post("/live/v1/broadcast-transaction", json={"encodedTransaction": base64.b64encode(raw).decode()})


def by_hash(http: httpx.Client, hash_: str) -> httpx.Response:
    return http.post("/query/v1/getTransactionByHash", json={"hash": hash_})


def in_tick(http: httpx.Client, tick: int) -> list[str]:
    answer = http.post("/query/v1/getTransactionsForTick", json={"tickNumber": tick}).raise_for_status().json()
    return [found["hash"] for found in answer["transactions"]]


def test_says_that_it_is_a_devnet_in_every_answer(http: httpx.Client) -> None:
    for path in ("/live/v1/tick-info", "/live/v1/balances/nobody", "/nowhere"):
        assert http.get(path).headers[HEADER] == HEADER_VALUE
    assert http.get("/live/v1/tick-info").json()["tickInfo"]["name"] == "QUBIX devnet"


def test_transfer_runs_in_its_tick_and_is_found_everywhere(devnet: LiveDevnet, http: httpx.Client) -> None:
    sent = payment(devnet, 1234)
    answer = broadcast(http, sent.encode()).raise_for_status().json()
    devnet.wait_for_tick(sent.tick, processed=True)

    assert answer["transactionId"] == sent.id()
    assert devnet.balance(BOB.identity) == FUNDED_QU + 1234
    found = by_hash(http, sent.id()).raise_for_status().json()["transaction"]
    assert (found["amount"], found["tickNumber"], found["moneyFlew"]) == ("1234", sent.tick, True)
    assert in_tick(http, sent.tick) == [sent.id()]
    assert in_tick(http, sent.tick - 1) == []
    for identity in (ALICE.identity, BOB.identity):
        page = http.post("/query/v1/getTransactionsForIdentity", json={"identity": identity}).json()
        assert page["hits"]["total"] == 1
        assert page["transactions"][0]["hash"] == sent.id()


def test_same_bytes_again_are_the_same_transaction(devnet: LiveDevnet, http: httpx.Client) -> None:
    sent = payment(devnet, 1000)
    for _ in range(3):
        assert broadcast(http, sent.encode()).json()["transactionId"] == sent.id()
    devnet.wait_for_tick(sent.tick, processed=True)

    assert devnet.balance(BOB.identity) == FUNDED_QU + 1000
    assert in_tick(http, sent.tick) == [sent.id()]


def test_send_many_pays_within_one_transaction(devnet: LiveDevnet, http: httpx.Client) -> None:
    payments = [Payment(BOB.public_key, 11), Payment(CAROL.public_key, 22)]
    unsigned = send_many.transaction(source=ALICE.public_key, payments=payments, tick=devnet.tick + FARTHER)
    sent = unsigned.signed(subseed=ALICE.subseed)
    broadcast(http, sent.encode()).raise_for_status()
    devnet.wait_for_tick(sent.tick)

    assert devnet.balance(BOB.identity) == FUNDED_QU + 11
    assert devnet.balance(CAROL.identity) == FUNDED_QU + 22
    assert devnet.balance(ALICE.identity) == FUNDED_QU - 33 - send_many.FEE
    assert int(devnet.state()["supply"]) == SUPPLY - send_many.FEE
    assert devnet.state()["burned"] == str(send_many.FEE)


def test_source_that_cannot_pay_is_found_with_money_that_did_not_fly(devnet: LiveDevnet, http: httpx.Client) -> None:
    sent = payment(devnet, FUNDED_QU + 1)
    broadcast(http, sent.encode()).raise_for_status()
    devnet.wait_for_tick(sent.tick, processed=True)

    assert by_hash(http, sent.id()).json()["transaction"]["moneyFlew"] is False
    assert devnet.balance(ALICE.identity) == FUNDED_QU


def test_forged_and_stale_and_malformed_are_refused(devnet: LiveDevnet, http: httpx.Client) -> None:
    good = payment(devnet, 5)
    stranger = Transaction(ALICE.public_key, BOB.public_key, 5, good.tick).signed(subseed=BOB.subseed)
    flipped = bytearray(good.encode())
    flipped[70] ^= 1
    stale = payment(devnet, 5, ahead=0)
    far = payment(devnet, 5, ahead=100_000)

    for raw in (stranger.encode(), bytes(flipped), stale.encode(), far.encode(), good.encode()[:-1], b"", b"x" * 144):
        answer = broadcast(http, raw)
        assert (answer.status_code, answer.json()["code"]) == (400, 3)
    assert http.post("/live/v1/broadcast-transaction", content=b"no json").status_code == 400
    assert devnet.state()["pending"] == 0


def test_archive_lags_and_refuses_ticks_that_it_does_not_know(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.set_clock(0)
    devnet.plan(archiveLag=5)
    sent = payment(devnet, 7, ahead=1)
    broadcast(http, sent.encode()).raise_for_status()
    devnet.pass_ticks(5)

    assert by_hash(http, sent.id()).status_code == 404
    unknown = http.post("/query/v1/getTransactionsForTick", json={"tickNumber": sent.tick})
    assert (unknown.status_code, unknown.json()["code"]) == (400, 3)
    assert http.get("/query/v1/getLastProcessedTick").json()["tickNumber"] == sent.tick - 1

    devnet.pass_ticks(1)
    assert by_hash(http, sent.id()).status_code == 200
    assert in_tick(http, sent.tick) == [sent.id()]


def test_slow_replica_of_the_archive_denies_what_another_one_knows(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.set_clock(0)
    sent = payment(devnet, 7, ahead=1)
    broadcast(http, sent.encode()).raise_for_status()
    devnet.pass_ticks(4)
    assert by_hash(http, sent.id()).status_code == 200

    devnet.order("replicaBehind", times=2)

    assert by_hash(http, sent.id()).status_code == 404
    assert http.post("/query/v1/getTransactionsForTick", json={"tickNumber": sent.tick}).status_code == 400
    assert by_hash(http, sent.id()).status_code == 200


def test_balances_lag(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.set_clock(0)
    sent = payment(devnet, 7, ahead=1)
    broadcast(http, sent.encode()).raise_for_status()
    devnet.pass_ticks(3)
    devnet.plan(balanceLag=3)

    assert devnet.balance(BOB.identity) == FUNDED_QU
    devnet.pass_ticks(1)
    assert devnet.balance(BOB.identity) == FUNDED_QU + 7


def test_dropped_broadcast_breaks_off_and_nothing_is_accepted(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.order("drop")
    with pytest.raises(httpx.RemoteProtocolError):
        broadcast(http, payment(devnet, 7).encode())

    assert devnet.state()["pending"] == 0


def test_relayed_and_lost_is_answered_like_any_other(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.order("relayThenLose")
    sent = payment(devnet, 7)
    assert broadcast(http, sent.encode()).json()["transactionId"] == sent.id()
    devnet.wait_for_tick(sent.tick, processed=True)

    assert in_tick(http, sent.tick) == []
    assert devnet.balance(BOB.identity) == FUNDED_QU


def test_time_out_after_accepting_runs_all_the_same(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.order("timeoutAfterAccepting")
    sent = payment(devnet, 7, ahead=40)
    with pytest.raises(httpx.ReadTimeout):
        http.post(
            "/live/v1/broadcast-transaction",
            json={"encodedTransaction": base64.b64encode(sent.encode()).decode()},
            timeout=0.2,
        )
    devnet.wait_for_tick(sent.tick)

    assert devnet.balance(BOB.identity) == FUNDED_QU + 7


def test_server_error_does_nothing(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.order("serverError", times=2)

    answer = broadcast(http, payment(devnet, 7).encode())
    assert (answer.status_code, answer.json()["code"]) == (500, 13)
    assert http.get("/live/v1/tick-info").status_code == 500
    assert http.get("/live/v1/tick-info").status_code == 200
    assert devnet.state()["pending"] == 0


def test_empty_tick_loses_its_transactions(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.set_clock(0)
    sent = payment(devnet, 7, ahead=1)
    broadcast(http, sent.encode()).raise_for_status()
    devnet.order("emptyTick")
    devnet.pass_ticks(3)

    assert in_tick(http, sent.tick) == []
    assert devnet.balance(BOB.identity) == FUNDED_QU


def test_stopped_chain_stays_where_it_is_until_it_goes_on(devnet: LiveDevnet) -> None:
    devnet.plan(stopped=True)
    stopped_at = devnet.tick
    assert devnet.pass_ticks(2) == stopped_at + 2

    devnet.plan()
    devnet.wait_for_tick(stopped_at + 5)


def test_epoch_skips_ticks_and_the_archive_says_so(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.set_clock(0)
    before = devnet.tick
    sent = payment(devnet, 7, ahead=50)
    broadcast(http, sent.encode()).raise_for_status()
    first = devnet.begin_epoch(skipped=100)
    devnet.pass_ticks(2)

    assert first == before + 101
    assert http.get("/query/v1/getLastProcessedTick").json() == {
        "tickNumber": first + 1,
        "epoch": 2,
        "intervalInitialTick": first,
        "logTickNumber": first + 1,
    }
    skipped = http.post("/query/v1/getTransactionsForTick", json={"tickNumber": sent.tick})
    assert skipped.status_code == 400
    assert f"next available tick is {first}" in skipped.json()["message"]
    assert by_hash(http, sent.id()).status_code == 404
    assert devnet.state()["pending"] == 0


def test_pages_of_an_identity_are_newest_first_and_within_their_range(devnet: LiveDevnet, http: httpx.Client) -> None:
    devnet.set_clock(0)
    sent = []
    for amount in range(1, 6):
        sent.append(payment(devnet, amount, ahead=1))
        broadcast(http, sent[-1].encode()).raise_for_status()
        devnet.pass_ticks(1)
    devnet.pass_ticks(1)

    def amounts(**query: Any) -> list[int]:
        body = {"identity": BOB.identity, **query}
        answer = http.post("/query/v1/getTransactionsForIdentity", json=body).raise_for_status().json()
        return [int(found["amount"]) for found in answer["transactions"]]

    assert amounts() == [5, 4, 3, 2, 1]
    assert amounts(pagination={"offset": 1, "size": 2}) == [4, 3]
    assert amounts(ranges={"tickNumber": {"gte": str(sent[1].tick), "lt": str(sent[3].tick)}}) == [3, 2]
    assert amounts(filters={"source": BOB.identity}) == []
    refused = http.post("/query/v1/getTransactionsForIdentity", json={"identity": BOB.identity, "ranges": {"x": {}}})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    "plan",
    [{"rates": {"nonsense": 1}}, {"rates": {"drop": 2}}, {"archiveLag": -1}, {"lag": 1}, {"stopped": "yes"}],
)
def test_plan_that_cannot_be_is_refused(devnet: LiveDevnet, http: httpx.Client, plan: dict[str, Any]) -> None:
    answer = http.put("/devnet/v1/faults", json=plan)

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_request"
