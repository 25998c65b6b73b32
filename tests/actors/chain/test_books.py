"""The books are sealed beside the payments, or without any, and their roots stand on the chain where there is one."""

from dataclasses import replace

from sqlalchemy import text

from qubix.receipts.anchored import examine
from qubix_actors.chain.books import BooksLeader
from qubix_platform.chain.anchors.service import against_chain
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.ledger.sealing import repository as seals
from qubix_platform.ledger.sealing.export import list_roots
from qubix_platform.ledger.sealing.model import Closing, Root
from qubix_platform.ledger.sealing.service import close_day
from qubix_platform.qubic.rpc import QubicRpc
from tests.actors.chain.bank import FAST, Bank
from tests.actors.waiting import Waiting
from tests.platform.ledger.test_sealing import fill, superuser

DEPOSIT = 50_000


async def anchored(bank: Bank, number: int) -> Root | None:
    async with bank.database.transaction() as session:
        found, _ = await seals.roots(session, numbers=[number])
    return found[0] if found and found[0].anchor else None


async def test_a_root_is_anchored_in_a_transaction_that_anybody_can_look_up(bank: Bank) -> None:
    await bank.open()
    await bank.depositor(number=0, amount=DEPOSIT)
    hot = bank.ring.keys(AddressPurpose.HOT, 0).identity

    async def is_swept_and_sealed() -> bool:
        async with bank.database.transaction() as session:
            head = await seals.head(session)
        return head.position >= 2 and await bank.chain_balance(hot) == DEPOSIT

    await bank.waiting.until(is_swept_and_sealed)
    async with bank.database.transaction() as session:
        closed = await close_day(session, early=True)
    assert closed == Closing(1, ())

    async def is_anchored() -> bool:
        return await anchored(bank, 1) is not None

    await bank.waiting.until(is_anchored)
    root = await anchored(bank, 1)
    assert root is not None
    assert root.anchor is not None
    async with QubicRpc(bank.devnet.url, policy=FAST) as network:
        found = await network.transaction(root.anchor.hash)
    assert found is not None
    assert found.transaction.payload == root.statement.payload()
    assert against_chain(root, root.anchor, found) is None
    sealed_anew = replace(root, statement=root.statement._replace(root=bytes(32)))
    assert "sealed anew" in str(against_chain(sealed_anew, root.anchor, found))
    assert "does not know" in str(against_chain(root, root.anchor, None))
    async with bank.database.transaction() as session:
        (exported,), _ = await list_roots(session, limit=1, offset=0)
    assert exported.anchor is not None
    assert examine(root.statement, exported.anchor.wire()) == ((root.anchor.hash, root.anchor.tick, hot), None)

    await bank.until_agreed()
    assert (await bank.verification()).passed


async def test_without_a_chain_the_books_are_sealed_and_days_get_their_roots(
    database: Database, postgres: EmbeddedPostgres, database_settings: DatabaseSettings
) -> None:
    await fill(database, 3)
    waiting = Waiting(database)
    leader, candidate = BooksLeader(database_settings), BooksLeader(database_settings)

    async def is_sealed() -> bool:
        async with database.transaction() as session:
            return (await seals.head(session)).position == 3

    async def has_a_root() -> bool:
        async with database.transaction() as session:
            return (await seals.roots(session))[1] == 1

    async def is_sealing() -> bool:
        return str(leader.health()["state"]) == "ok"

    try:
        await leader.start()
        await waiting.until(is_sealed)
        await waiting.until(is_sealing)
        await candidate.start()
        assert "does not lead" in candidate.health()["detail"]
        async with superuser(postgres, database_settings) as intruder, intruder.transaction() as session:
            await session.execute(text("set session_replication_role = replica"))
            await session.execute(text("update ledger_seals set sealed_at = sealed_at - interval '1 day'"))
        await waiting.until(has_a_root)
    finally:
        await leader.stop()
        await candidate.stop()
    async with database.transaction() as session:
        assert (await session.execute(text("select count(*) from chain_transactions"))).scalar_one() == 0
