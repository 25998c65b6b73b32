"""Giving out addresses: each to one owner, none that had money before."""

import asyncio
from uuid import uuid4

import pytest

from qubix.qubic import keys
from qubix.qubic.transaction import Transaction
from qubix_platform.chain.addresses import repository, service
from qubix_platform.chain.errors import NoAddressFree
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.model import Address, AddressPurpose
from qubix_platform.chain.watching import repository as watching
from qubix_platform.chain.watching.service import take_in
from qubix_platform.database.session import Database
from qubix_platform.qubic.rpc import ChainTransaction

RING = KeyRing.from_seed("r" * 55)
OUTSIDE = keys.derive("o" * 55)
ELSEWHERE = keys.derive("e" * 55).identity


async def fill(database: Database, *, size: int, treasury: str | None = None) -> int:
    async with database.transaction() as session:
        return await service.fill_pool(session, RING, treasury=treasury, size=size)


async def take(database: Database) -> Address:
    async with database.transaction() as session:
        return await service.assign(session, purpose=AddressPurpose.DEPOSIT, owner=uuid4())


async def test_many_at_once_get_different_addresses_until_there_are_none(database: Database) -> None:
    assert await fill(database, size=8) == 16
    taken = await asyncio.gather(*(take(database) for _ in range(8)))
    assert len({address.identity for address in taken}) == 8
    with pytest.raises(NoAddressFree):
        await take(database)
    assert await fill(database, size=8) == 8
    assert (await take(database)).index == 8


async def test_an_address_that_was_paid_before_it_was_given_out_is_given_to_nobody(database: Database) -> None:
    await fill(database, size=2)
    paid = RING.keys(AddressPurpose.DEPOSIT, 0)
    made = Transaction(source=OUTSIDE.public_key, destination=paid.public_key, amount=5, tick=11)
    found = ChainTransaction(hash="a" * 60, transaction=made, money_flew=True, timestamp_ms=0)
    async with database.transaction() as session:
        await watching.begin(session, 10)
        assert await take_in(session, after=10, upto=11, found=[found])
    assert (await take(database)).index == 1
    with pytest.raises(NoAddressFree):
        await take(database)


async def test_a_treasury_can_be_moved_elsewhere(database: Database) -> None:
    for treasury, expected, is_ours in (
        (None, RING.keys(AddressPurpose.TREASURY, 0).identity, True),
        (ELSEWHERE, ELSEWHERE, False),
        (ELSEWHERE, ELSEWHERE, False),
        (None, ELSEWHERE, False),
    ):
        await fill(database, size=1, treasury=treasury)
        async with database.transaction() as session:
            found = (await repository.internal(session))[AddressPurpose.TREASURY]
        assert (found.identity, found.is_ours) == (expected, is_ours)
