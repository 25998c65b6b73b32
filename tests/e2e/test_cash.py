"""Money on the devnet of a whole platform: in from a wallet, through a job, and out again."""

import asyncio
import base64
import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import psutil
import pytest
from tenacity import (
    AsyncRetrying,
    Retrying,
    retry_if_exception_type,
    retry_if_result,
    stop_after_delay,
    wait_fixed,
)

from qubix import Client
from qubix.qubic import identity, keys, schnorrq
from qubix.qubic.transaction import Transaction
from qubix.schemas.chain import EscrowSource, EscrowStatus, WithdrawalStatus
from qubix.schemas.states import JobStatus, WalletFormat
from qubix.wallets import message, seeds
from qubix_actors.chain.settings import KEY_FILE
from qubix_platform.qubic.rpc import ChainTransaction, QubicRpc, TickNotProcessed
from qubix_serve.supervisor.chain import devnet_url
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import State
from tests.platform_fixture import LivePlatform

pytestmark = [pytest.mark.xdist_group("platform"), pytest.mark.timeout(300)]

Value = TypeVar("Value")

PATIENCE: Final = 120
PRICE: Final = 10_000_000
DEPOSIT: Final = 3_000_000
WALLET: Final = keys.derive(seeds.funded(25))


def until(look: Callable[[], Value], is_so: Callable[[Value], bool]) -> Value:
    """Look until it is so."""
    looks = Retrying(
        retry=retry_if_result(lambda value: not is_so(value)), stop=stop_after_delay(PATIENCE), wait=wait_fixed(0.2)
    )
    value: Value = looks(look)
    return value


async def transfer(url: str, destination: str, amount: int) -> None:
    async with QubicRpc(url) as network:
        for _ in range(10):
            tick = (await network.tick_info()).tick + 15
            made = Transaction(
                source=WALLET.public_key, destination=identity.decode(destination), amount=amount, tick=tick
            ).signed(subseed=WALLET.subseed)
            await network.broadcast(made.encode())
            ran = AsyncRetrying(
                retry=retry_if_exception_type(TickNotProcessed), stop=stop_after_delay(PATIENCE), wait=wait_fixed(0.2)
            )
            found: tuple[ChainTransaction, ...] = await ran(network.transactions_for_tick, tick)
            if any(one.hash == made.id() for one in found):
                return
    raise AssertionError("the devnet executes nothing")


def test_money_comes_in_pays_a_job_on_the_chain_and_goes_out(platform: LivePlatform) -> None:
    state = State.load(Home.locate(platform.home))
    assert state is not None
    chain = devnet_url(state.ports.devnet)
    with Client(platform.url, platform.api_key) as stranger:
        parts = {part.name: part.state for part in stranger.health().parts}
        challenge = stranger.challenge(WALLET.identity).message
        signature = schnorrq.sign(subseed=WALLET.subseed, digest=message.digest(challenge, WalletFormat.EXTENSION))
        spelled = message.spell_signature(signature, WalletFormat.EXTENSION)
        token = stranger.connect(WALLET.identity, message=challenge, signature=spelled).session.token
    assert parts["payments"] == "ok"
    with Client(platform.url, token) as client:
        asyncio.run(transfer(chain, client.deposit_address().address, DEPOSIT))
        until(client.deposits, lambda found: bool(found) and found[0].credited)
        assert client.me().balance == DEPOSIT

        asked = client.withdraw(WALLET.identity, 1_000_000)
        done = until(
            lambda: client.withdrawal(asked.id),
            lambda now: now.status in (WithdrawalStatus.CONFIRMED, WithdrawalStatus.RETURNED),
        )
        assert done.status is WithdrawalStatus.CONFIRMED

        escrow = client.lock_escrow(PRICE, source=EscrowSource.TRANSFER)
        assert escrow.unsigned_transaction is not None
        unsigned = Transaction.decode_unsigned(base64.b64decode(escrow.unsigned_transaction.encoded))
        client.pay_escrow(escrow.escrow_id, unsigned.signed(subseed=WALLET.subseed).encode())
        until(lambda: client.escrow(escrow.escrow_id), lambda now: now.status is EscrowStatus.LOCKED)
        job = client.submit(
            source="print('paid on the chain')",
            max_price=PRICE,
            timeout="1h",
            gpu_count=1,
            escrow_id=escrow.escrow_id,
        )
        assert job.wait(timeout=PATIENCE).status is JobStatus.COMPLETED
        released = until(lambda: client.escrow(escrow.escrow_id), lambda now: now.status is EscrowStatus.RELEASED)
        assert {one.status for one in released.payments} == {"CONFIRMED"}

    shown = qubix("admin", "chain", "status", "--json", "--home", str(platform.home))
    assert (shown["halt"], shown["differences"]) == (None, [])

    signed_in = os.environ | {"QUBIX_URL": platform.url, "QUBIX_API_KEY": token}
    assert len(qubix("deposit", "--json", environment=signed_in)["deposits"]) == 1
    sent = qubix("withdraw", "5", "--wait", "--json", environment=signed_in)
    assert (sent["status"], sent["address"]) == ("CONFIRMED", WALLET.identity)
    assert len(qubix("withdrawals", "--json", environment=signed_in)) == 2
    locked = qubix("escrow", "lock", "7", "--json", environment=signed_in)
    refunded = qubix("escrow", "refund", locked["escrowId"], "--json", environment=signed_in)
    assert refunded["status"] == "REFUNDED"


def test_the_platforms_seed_is_in_its_file_and_nowhere_else(platform: LivePlatform) -> None:
    key_file = platform.home / KEY_FILE
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    seed = key_file.read_bytes()
    secrets = (seed, keys.derive(seed.decode()).subseed, keys.derive(seed.decode()).subseed.hex().encode())
    mine = [path for path in platform.home.rglob("*") if path.is_file() and not path.is_symlink() and path != key_file]
    found = [path for path in mine if any(secret in path.read_bytes() for secret in secrets)]
    assert found == []
    for process in platform.process.descendants():
        with contextlib.suppress(psutil.Error):  # it ended meanwhile
            assert seed.decode() not in " ".join([*process.cmdline(), *process.environ().values()])


def qubix(*arguments: str, environment: dict[str, str] | None = None) -> Any:
    """Run a command, and read its JSON."""
    command = [sys.executable, "-m", "qubix", *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return json.loads(answer.stdout)
