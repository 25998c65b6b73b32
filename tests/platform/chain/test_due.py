"""What is to be done about chain transactions: what cannot be paid holds up nothing else."""

from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import keys
from qubix_platform.chain.addresses import service as addresses
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.model import Address, AddressPurpose, Order, Outlay, Purpose
from qubix_platform.chain.reconciliation.repository import to_probe
from qubix_platform.chain.transactions import orders, repository, service
from qubix_platform.chain.transactions.lifecycle import ChainTime
from qubix_platform.database.session import Database

RING = KeyRing.from_seed("d" * 55)
ELSEWHERE = keys.derive("e" * 55).identity
NOW = ChainTime(tick=100, processed=98)


async def queue(session: AsyncSession, source: Address, *, purpose: Purpose = Purpose.SWEEP, to: str = "") -> UUID:
    order = Order(purpose=purpose, ref=str(uuid4()), source=source, outlays=(Outlay(to or ELSEWHERE, 10),))
    return await orders.place(session, order)


async def due(session: AsyncSession, *, of_each: int = 100) -> list[UUID]:
    found = await repository.due(session, tick=NOW.tick, processed=NOW.processed, limit=1_000, of_each=of_each)
    return [one.id for one in found]


async def test_one_source_that_cannot_pay_holds_up_no_other(database: Database) -> None:
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        hot = await addresses.internal(session, AddressPurpose.HOT)
        deposit = await addresses.assign(session, purpose=AddressPurpose.DEPOSIT, owner=uuid4())
        waiting = [await queue(session, hot, purpose=Purpose.TREASURY) for _ in range(5)]
        filling = await queue(session, deposit, to=hot.identity)
        assert await due(session, of_each=2) == [filling, *waiting[:2]]


async def test_what_may_have_ended_comes_first_and_what_rests_does_not_come(database: Database) -> None:
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        hot = await addresses.internal(session, AddressPurpose.HOT)
        first, signed, dropped = [await queue(session, hot, purpose=Purpose.TREASURY) for _ in range(3)]
        for number, (transaction_id, tick) in enumerate(((signed, 90), (dropped, 80))):
            transaction = await repository.get(session, transaction_id)
            digest = bytes([number]) * 32
            await service.sign(session, transaction, tick=tick, digest=digest, tx_hash=str(number) * 60, raw=b"signed")
        for _ in range(3):
            lost = await repository.get(session, dropped)
            if lost.tick is not None and lost.status == "SIGNED":
                await service.drop(session, lost, now=NOW)
        assert await due(session) == [signed, first, dropped]
        assert await repository.count_open(session) == 3


async def test_addresses_are_compared_in_turn(database: Database) -> None:
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        hot = await addresses.internal(session, AddressPurpose.HOT)
        holders = [await addresses.assign(session, purpose=AddressPurpose.DEPOSIT, owner=uuid4()) for _ in range(4)]
        for holder in holders:
            transaction_id = await queue(session, holder, to=hot.identity)
            await repository.move(session, transaction_id=transaction_id, tick=1, amounts=[(holder.id, 10)])
        first = [one.id for one in await to_probe(session, since=50, after=0, limit=4)]
        assert {one.id for one in holders[:2]} <= set(first)
        rest = [one.id for one in await to_probe(session, since=50, after=first[-1], limit=4)]
        assert {one.id for one in holders} <= {*first, *rest}
