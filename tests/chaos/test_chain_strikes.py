"""The process that acts on the chain is killed with payments under way: all are carried on, and none is made twice."""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

import psutil
import pytest

from qubix import Client
from qubix.qubic import keys
from qubix.schemas.chain import Withdrawal, WithdrawalStatus
from qubix_platform.qubic.rpc import QubicRpc
from qubix_serve.demo.host import verify_ledger
from qubix_serve.supervisor.chain import devnet_url
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import State
from tests.chaos.scene import eventually, strike
from tests.e2e.test_cash import DEPOSIT, qubix, transfer
from tests.platform_process import PlatformProcess, new_port, temporary_home

pytestmark = [pytest.mark.chaos, pytest.mark.proof, pytest.mark.timeout(600)]

BLOWS: Final = 5
PAYMENTS: Final = 4
AMOUNT: Final = 10_000
PAYEE: Final = keys.derive("chainstrikes".ljust(55, "x")).identity


@pytest.fixture
def platform() -> Iterator[PlatformProcess]:
    """A platform of its own, with no machine: only money moves."""
    with temporary_home() as home:
        started = PlatformProcess(home, port=new_port())
        yield started
        started.stop()


def chain_actor(platform: PlatformProcess) -> psutil.Process | None:
    """The process of the actor, where there is one at present."""
    found = [each for each in platform.descendants() if "ray::ChainActor" in " ".join(each.cmdline())]
    return found[0] if found else None


def are_all(client: Client, asked: list[Withdrawal], status: WithdrawalStatus) -> bool:
    return all(client.withdrawal(one.id).status is status for one in asked)


def is_one(client: Client, asked: list[Withdrawal], status: WithdrawalStatus) -> bool:
    return any(client.withdrawal(one.id).status is status for one in asked)


def payments_state(client: Client) -> str:
    """What the platform's health says of them."""
    return next(part.state for part in client.health().parts if part.name == "payments")


async def balance_of(url: str, address: str) -> int:
    async with QubicRpc(url) as network:
        return (await network.balance(address)).balance


def test_sigkill_of_the_chain_actor_with_payments_under_way(
    platform: PlatformProcess, record_property: Callable[[str, object], None]
) -> None:
    facts = platform.ready()
    state = State.load(Home.locate(platform.home))
    assert state is not None
    chain = devnet_url(state.ports.devnet)
    with Client(facts["url"], facts["apiKey"]) as client:
        asyncio.run(transfer(chain, client.deposit_address().address, DEPOSIT))
        eventually("the deposit is credited", lambda: any(each.credited for each in client.deposits()))
        had = client.me().balance
        asked: list[Withdrawal] = []
        back = []
        for _ in range(BLOWS):
            asked.extend(client.withdraw(PAYEE, AMOUNT) for _ in range(PAYMENTS))
            struck = eventually("the actor is there", lambda: chain_actor(platform))
            eventually("a payment is under way", partial(is_one, client, asked, WithdrawalStatus.SENT))
            at = time.monotonic()
            strike([struck])
            eventually("payments go on", lambda: payments_state(client) == "ok")
            back.append(time.monotonic() - at)
            revived = chain_actor(platform)
            assert revived is not None
            assert revived.pid != struck.pid
        eventually("all are confirmed", partial(are_all, client, asked, WithdrawalStatus.CONFIRMED))
        assert client.me().balance == had - AMOUNT * len(asked)
    assert asyncio.run(balance_of(chain, PAYEE)) == AMOUNT * len(asked)
    shown = qubix("admin", "chain", "status", "--json", "--home", str(platform.home))
    assert (shown["halt"], shown["differences"]) == (None, [])
    code, found = verify_ledger(platform.home)
    assert code == 0, found
    record_property(
        "chain", f"{BLOWS} kills of the actor, {len(asked)} payments, each made once; back in {max(back):.1f} s at most"
    )
