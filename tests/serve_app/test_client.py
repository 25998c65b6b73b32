"""The SDK's client against the real API and a real database: both speak the same wire."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from qubix import AsyncClient
from qubix.errors import Conflict, InsufficientFunds, NotAllowed, NotAuthenticated, NotFound
from qubix.flows import Pace
from qubix.qubic import keys
from qubix.schemas.states import JobStatus, Scope, Trust
from qubix_platform.chain.addresses.service import fill_pool
from qubix_platform.chain.keys import KeyRing
from tests.serve_app.conftest import Api
from tests.serve_app.wallets import TestWallet

Clients = Callable[..., Awaitable[AsyncClient]]


@pytest.fixture
async def client_of(api: Api) -> AsyncIterator[Clients]:
    """Makes clients of the API in this process, one for each user."""
    async with AsyncExitStack() as stack:

        async def make(name: str, *, is_operator: bool = False, balance: int = 1_000_000) -> AsyncClient:
            http = await api.user(name, is_operator=is_operator, balance=balance)
            key = http.headers["authorization"].removeprefix("Bearer ")
            transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
            client = AsyncClient("http://api", key, transport=transport, pace=lambda: Pace(first=0.01, cap=0.05))
            return await stack.enter_async_context(client)

        yield make


async def test_a_job_is_submitted_watched_cancelled_and_settled(client_of: Clients) -> None:
    client = await client_of("ada")
    job = await client.submit(source="print('hello')", max_price=3600, timeout="1m", name="first")
    assert (await job.status(), await job.progress()) == (JobStatus.PENDING, 0.0)
    assert (await client.me()).held == 60
    assert [each.id for each in await client.jobs(status=JobStatus.PENDING, search="first")] == [job.id]
    assert (await client.jobs(status=[JobStatus.FAILED, JobStatus.RUNNING])).total == 0
    assert [entry async for entry in job.logs()] == []
    assert await job.artifacts() == []
    assert (await job.monitor()).job.id == job.id
    waiting = asyncio.create_task(job.wait(timeout=30))
    assert (await job.cancel()).status is JobStatus.CANCELLED
    assert (await waiting).status is JobStatus.CANCELLED
    receipt = await job.receipt()
    assert (receipt.settled, receipt.hold, receipt.refund) == (True, 60, 60)
    assert (await client.me()).held == 0


async def test_a_repeated_submission_makes_one_job_and_a_changed_one_is_refused(client_of: Clients) -> None:
    client = await client_of("ada")
    first = await client.submit(source="pass", max_price=60, idempotency_key="once")
    again = await client.submit(source="pass", max_price=60, idempotency_key="once")
    assert first.id == again.id
    assert (await client.jobs()).total == 1
    with pytest.raises(Conflict):
        await client.submit(source="print(2)", max_price=60, idempotency_key="once")


async def test_a_folder_is_stored_and_fetched_again(client_of: Clients, tmp_path: Path) -> None:
    client = await client_of("ada")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "main.py").write_text("print('from a folder')")
    first = await client.submit(tmp_path / "work", max_price=60)
    second = await client.submit(tmp_path / "work", max_price=60)
    assert first.id != second.id


async def test_what_is_not_ours_is_refused_in_kind(client_of: Clients, api: Api) -> None:
    ada, eve = await client_of("ada"), await client_of("eve", balance=0)
    job = await ada.submit(source="pass", max_price=60)
    with pytest.raises(NotFound):
        await eve.job(job.id)
    with pytest.raises(InsufficientFunds):
        await eve.submit(source="pass", max_price=60)
    with pytest.raises(NotAllowed):
        await eve.join_token(trust=Trust.MEMBER)
    with pytest.raises(NotAllowed):
        await eve.create_user("mallory")
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with AsyncClient("http://api", "qbx_key_nobody", transport=transport) as stranger:
        with pytest.raises(NotAuthenticated):
            await stranger.me()


async def test_the_market_is_listed_filtered_and_matched(client_of: Clients, api: Api) -> None:
    client = await client_of("ada")
    cheap, dear = await api.market.machine(price=1000), await api.market.machine(price=9000, gpus=2)
    offers = await client.offers(sort="price")
    assert [each.provider for each in offers] == [cheap.worker_id, dear.worker_id]
    found = await client.offers(model="rtx4090", min_vram=20, gpu_count=2, availability="available", simulated=False)
    assert [each.provider for each in found] == [dear.worker_id]
    assert (await client.offers(max_price=10)).total == 0
    page = await client.providers(limit=1, sort="price", order="desc")
    assert (page[0].worker_id, page.total) == (dear.worker_id, 2)
    assert (await client.provider(cheap.id)).price_per_hour == 1000
    answer = await client.match(gpu="RTX 4090", max_price=5000, timeout="1h")
    assert [each.offer.provider for each in answer.offers] == [cheap.worker_id]
    assert answer.offers[0].maximum_cost == 1000
    assert answer.rejected.considered >= 1


async def test_scripts_are_analysed(client_of: Clients, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import torch\ntorch.zeros(1).cuda()\n")
    found = await (await client_of("ada")).analyze(script)
    assert found.needs_gpu
    assert found.frameworks == ["PyTorch"]


async def test_an_operator_makes_users_and_join_tokens(client_of: Clients, api: Api) -> None:
    operator = await client_of("root", is_operator=True)
    made = await operator.create_user(f"user-{uuid4().hex[:6]}")
    token = await operator.join_token(trust=Trust.MEMBER, expires_in_seconds=60)
    assert token.token.startswith("qbx_join_")
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with AsyncClient("http://api", made.key, transport=transport) as user:
        assert (await user.credit(500)).balance == 500
        assert (await user.me()).balance == 500
        assert (await user.earnings()).total == 0
        assert (await user.my_providers()).total == 0


async def test_health_is_told_even_by_a_part_that_is_missing(client_of: Clients) -> None:
    health = await (await client_of("ada")).health()
    assert {part.name for part in health.parts} >= {"database"}
    assert health.mode == "development"


async def test_a_blob_is_only_looked_for_among_ones_own(client_of: Clients, tmp_path: Path) -> None:
    ada, eve = await client_of("ada"), await client_of("eve")
    (tmp_path / "main.py").write_text(f"print({hashlib.sha256(b'x').hexdigest()!r})")
    for client in (ada, eve):
        job = await client.submit(tmp_path, max_price=60)
        assert await job.status() is JobStatus.PENDING


async def test_a_wallet_signs_in_and_looks_after_sessions_and_keys(client_of: Clients, api: Api) -> None:
    ada, wallet = await client_of("ada"), TestWallet.of("ada")
    challenge = await ada.challenge(wallet.address)
    connected = await ada.connect(
        wallet.address, message=challenge.message, signature=wallet.sign(challenge.message), join=True
    )
    assert connected.user.username == "ada"
    with pytest.raises(NotAuthenticated):
        await ada.connect(wallet.address, message=challenge.message, signature=wallet.sign(challenge.message))
    assert (await ada.wallet_balance()).available == connected.balance == 1_000_000
    transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
    async with AsyncClient("http://api", connected.session.token, transport=transport) as client:
        made = await client.create_key("reader", scopes=[Scope.READ], expires_in_seconds=3600)
        assert [key.name for key in await client.keys()] == ["test", "reader"]
        async with AsyncClient("http://api", made.key, transport=transport) as reader:
            assert (await reader.me()).username == "ada"
            with pytest.raises(NotAllowed):
                await reader.credit(5)
            assert (await client.revoke_key(made.id)).revoked_at is not None
            with pytest.raises(NotAuthenticated):
                await reader.me()
        assert [session.id for session in await client.sessions()] == [connected.session.id]
        await client.sign_out()
        with pytest.raises(NotAuthenticated):
            await client.me()
    with pytest.raises(NotFound, match="qubix login"):
        await (await client_of("eve")).wallet_balance()


async def test_money_goes_between_chain_escrow_and_balance(client_of: Clients, api: Api) -> None:
    async with api.database.transaction() as session:
        await fill_pool(session, KeyRing.from_seed("k" * 55), treasury=None, size=2)
    client = await client_of("ada", balance=1_000)
    address = (await client.deposit_address()).address
    assert (await client.deposit_address()).address == address
    assert (await client.deposits()).total == 0
    to = keys.derive("w" * 55).identity
    asked = await client.withdraw(to, 100, idempotency_key="once")
    assert await client.withdraw(to, 100, idempotency_key="once") == asked
    assert [each.amount for each in await client.withdrawals()] == [100]
    assert (await client.withdrawal(asked.id)).address == to
    with pytest.raises(InsufficientFunds):
        await client.withdraw(to, 901)
    locked = await client.lock_escrow(300)
    job = await client.submit(source="pass", max_price=3600, timeout="5m", escrow_id=locked.escrow_id)
    assert (await job.monitor()).job.hold_amount == 300
    assert (await client.escrow(locked.escrow_id)).job_id == job.id
    with pytest.raises(Conflict):
        await client.refund_escrow(locked.escrow_id)
    await job.cancel()
    assert (await client.release_escrow(locked.escrow_id)).status == "RELEASED"
    assert (await client.me()).balance == 900
    spare = await client.lock_escrow(5)
    assert (await client.refund_escrow(spare.escrow_id)).status == "REFUNDED"


async def test_a_machine_is_reserved_and_given_back(client_of: Clients, api: Api) -> None:
    client = await client_of("ada", balance=10_000_000)
    machine = await api.market.machine(price=1_000_000)
    made = await client.reserve(machine.worker_id, "8h")
    assert (made.provider_id, made.discount_basis_points) == (machine.id, 500)
    assert [each.id for each in await client.reservations()] == [made.id]
    with pytest.raises(Conflict, match="reserved for some of that time"):
        await client.reserve(machine.id, "1h")
    assert (await client.cancel_reservation(made.id)).refunded == made.prepaid
