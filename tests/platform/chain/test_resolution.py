"""What came in unseen is taken in by hand, once, to whom the address belongs."""

import pytest

from qubix.qubic import identity, keys
from qubix.qubic.errors import InvalidIdentity
from qubix_platform.chain import deposits
from qubix_platform.chain.addresses import service as addresses
from qubix_platform.chain.errors import TransactionNotResolvable
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.chain.resolution import service
from qubix_platform.chain.resolution.service import Arrival
from qubix_platform.database.session import Database
from qubix_platform.ledger import repository as ledger
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.verify import verify
from qubix_platform.qubic import send_many
from tests.platform.market_life import Market

RING = KeyRing.from_seed("t" * 55)
ELSEWHERE = keys.derive("e" * 55).identity


def arrival(address: str, *, number: int = 1) -> Arrival:
    return Arrival(
        address=address,
        amount=700,
        tick=40,
        hash=identity.encode_lower(number.to_bytes(32, "little")),
        source=identity.encode(send_many.CONTRACT),
    )


async def test_what_came_unseen_is_credited_to_the_owner_of_the_address_once(database: Database) -> None:
    consumer = await Market(database).consumer()
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        address = await deposits.address_of(session, consumer.user_id)
        before = await ledger.balance_of(session, Account.wallet(consumer.user_id))
        await service.take_in(session, arrival(address.address), reason="a contract paid it")
    async with database.transaction() as session:
        with pytest.raises(TransactionNotResolvable, match="account for it already"):
            await service.take_in(session, arrival(address.address), reason="again")
    async with database.transaction() as session:
        await ledger.hold_snapshot(session)
        assert await ledger.balance_of(session, Account.wallet(consumer.user_id)) == before + 700
        assert (await verify(session)).passed


async def test_what_came_to_the_hot_wallet_is_the_platforms(database: Database) -> None:
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        hot = await addresses.internal(session, AddressPurpose.HOT)
        await service.take_in(session, arrival(hot.identity), reason="a stranger's joke")
        assert await ledger.balance_of(session, Account.costs()) == 700


async def test_what_came_to_somebody_else_is_refused(database: Database) -> None:
    async with database.transaction() as session:
        await addresses.fill_pool(session, RING, treasury=None)
        with pytest.raises(TransactionNotResolvable, match="no address of ours"):
            await service.take_in(session, arrival(ELSEWHERE), reason="why not")
        with pytest.raises(InvalidIdentity):
            await service.take_in(session, arrival("rubbish"), reason="why not")
