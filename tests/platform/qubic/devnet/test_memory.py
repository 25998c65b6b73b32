"""A devnet that is killed goes on where it was."""

import base64
import tempfile
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.qubic.transaction import Transaction
from qubix_platform.qubic import send_many
from qubix_platform.qubic.devnet.errors import DevnetDataInUse
from qubix_platform.qubic.devnet.faults import Fault
from qubix_platform.qubic.devnet.genesis import FUNDED_QU, genesis
from qubix_platform.qubic.devnet.node import Devnet
from qubix_platform.qubic.devnet.repository import Repository
from qubix_platform.qubic.send_many import Payment
from tests.devnet_fixture import DevnetProcess, LiveDevnet, devnet_in_thread

ALICE, BOB = LiveDevnet.developer(0), LiveDevnet.developer(1)


def send(devnet: LiveDevnet, amount: int, *, ahead: int) -> Transaction:
    sent = Transaction(ALICE.public_key, BOB.public_key, amount, devnet.tick + ahead).signed(subseed=ALICE.subseed)
    httpx.post(
        f"{devnet.url}/live/v1/broadcast-transaction",
        json={"encodedTransaction": base64.b64encode(sent.encode()).decode()},
        timeout=5,
        trust_env=False,
    ).raise_for_status()
    return sent


def test_killed_devnet_keeps_what_ran_what_waits_and_its_faults(tmp_path: Path) -> None:
    with DevnetProcess(tmp_path) as first:
        ran = send(first, 11, ahead=10)
        first.wait_for_tick(ran.tick)
        first.begin_epoch(skipped=10)
        first.set_clock(0)
        first.plan(archiveLag=3, balanceLag=2)
        waits = send(first, 22, ahead=2)
        before = first.state()
        first.kill()
    with DevnetProcess(tmp_path, tick_ms=0) as second:
        assert second.first_line["network"] == "QUBIX devnet"
        assert second.state() == before | {"tickMs": 0}
        second.pass_ticks(10)
        second.plan()

        assert second.balance(BOB.identity) == FUNDED_QU + 33
        known = httpx.post(
            f"{second.url}/query/v1/getTransactionByHash", json={"hash": waits.id()}, timeout=5, trust_env=False
        )
        assert known.json()["transaction"]["moneyFlew"] is True


def test_devnet_killed_in_the_middle_of_its_work_has_lost_no_money(tmp_path: Path) -> None:
    port, sent = 0, 0
    for _ in range(4):
        with DevnetProcess(tmp_path, port=port) as devnet:
            port = httpx.URL(devnet.url).port or 0
            for amount in range(1, 11):
                send(devnet, amount, ahead=15)
                sent += amount
            devnet.kill()
    with DevnetProcess(tmp_path) as devnet:
        devnet.pass_ticks(20)
        moved = devnet.balance(BOB.identity) - FUNDED_QU

        assert devnet.balance(ALICE.identity) == FUNDED_QU - moved
        assert moved == sent
        assert devnet.state()["pending"] == 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["pay", "pay", "many", "tick", "empty", "epoch"]), st.integers(0, 9)), max_size=25
)


@given(STEPS)
@settings(max_examples=60, deadline=None)
async def test_whatever_happened_is_read_back_as_it_was(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        devnet = Devnet(Repository(Path(folder)), tick_ms=0)
        for number, (kind, value) in enumerate(steps):
            match kind:
                case "pay" | "many":
                    devnet.accept(_signed(devnet, kind, value, number))
                case "tick":
                    await devnet.advance(value)
                case "empty":
                    devnet.misfortune.order(Fault.EMPTY_TICK, times=1)
                    await devnet.advance()
                case _:
                    await devnet.begin_epoch(skipped=value + 1)
        before = devnet.chain
        devnet.close()
        restored = Devnet(Repository(Path(folder)), tick_ms=0)

        assert restored.chain == before
        assert restored.chain.supply + restored.chain.burned == genesis().supply
        restored.close()


def _signed(devnet: Devnet, kind: str, value: int, number: int) -> Transaction:
    """Signed with anything: what was accepted is not checked again."""
    tick = devnet.chain.tick + 1 + value % 4
    if kind == "pay":
        payload = number.to_bytes(4, "little")
        unsigned = Transaction(ALICE.public_key, BOB.public_key, FUNDED_QU // (value + 1), tick, 0, payload)
    else:
        unsigned = send_many.transaction(source=BOB.public_key, payments=[Payment(bytes([7]) * 32, 5)], tick=tick)
    return replace(unsigned, signature=bytes([number]) * 64)


def test_two_devnets_do_not_share_data(tmp_path: Path) -> None:
    with devnet_in_thread(tmp_path), pytest.raises(DevnetDataInUse):
        Repository(tmp_path)
