"""Batches of postings: the same books as one posting after the other, in one call."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from qubix.schemas.states import TransactionType
from qubix_platform.database.session import Database
from qubix_platform.ledger import repository, service
from qubix_platform.ledger.errors import BalanceTooLow, PostingKeyReused, PostingRefused
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting
from qubix_platform.ledger.verify import verify


def move(source: Account, target: Account, amount: int, *, key: str | None = None) -> Posting:
    legs = (Leg(source, -amount, LegCause.CORRECTION), Leg(target, amount, LegCause.CORRECTION))
    return Posting(key or str(uuid4()), TransactionType.CORRECTION, "test", legs)


async def post_all(database: Database, *postings: Posting) -> list[int]:
    async with database.transaction() as session:
        return await service.post_all(session, postings)


async def post_one(database: Database, posting: Posting) -> int:
    async with database.transaction() as session:
        return await service.post(session, posting)


async def balance(database: Database, user: UUID) -> int:
    async with database.transaction() as session:
        return await repository.balance_of(session, Account.wallet(user))


async def test_a_batch_does_what_one_posting_after_the_other_does(database: Database) -> None:
    ana, bob = uuid4(), uuid4()
    ids = await post_all(
        database,
        move(Account.issuance(), Account.wallet(ana), 100, key="first"),
        move(Account.wallet(ana), Account.wallet(bob), 60),
        move(Account.wallet(bob), Account.chain(ChainPlace.HOT), 10),
    )
    assert ids == sorted(ids)
    assert len(set(ids)) == 3
    assert await balance(database, ana) == 40
    assert await balance(database, bob) == 50
    async with database.transaction() as session:
        assert (await verify(session)).mismatches == ()
        legs = await repository.legs_of(session, "test")
        assert [leg.amount for leg in legs] == [-100, 100, -60, 60, -10, 10]


async def test_what_was_posted_before_has_no_further_effect_in_a_batch_or_out_of_one(database: Database) -> None:
    user = uuid4()
    known = move(Account.issuance(), Account.wallet(user), 5, key="known")
    fresh = move(Account.issuance(), Account.wallet(user), 7, key="fresh")
    async with database.transaction() as session:
        first = await service.post(session, known)
    ids = await post_all(database, known, fresh, fresh, known)
    assert ids == [first, ids[1], ids[1], first]
    assert await post_all(database, known, fresh, fresh, known) == ids
    async with database.transaction() as session:
        assert await service.post(session, fresh) == ids[1]
    assert await balance(database, user) == 12


async def test_another_content_under_a_known_key_refuses_the_whole_batch(database: Database) -> None:
    user = uuid4()
    await post_all(database, move(Account.issuance(), Account.wallet(user), 5, key="known"))
    with pytest.raises(PostingKeyReused, match="known"):
        await post_all(
            database,
            move(Account.issuance(), Account.wallet(user), 3),
            move(Account.issuance(), Account.wallet(user), 6, key="known"),
        )
    assert await balance(database, user) == 5


async def test_a_batch_that_overdraws_on_its_way_is_refused_although_it_ends_well(database: Database) -> None:
    ana, bob = uuid4(), uuid4()
    await post_all(database, move(Account.issuance(), Account.wallet(ana), 5))
    with pytest.raises(BalanceTooLow):
        await post_all(
            database,
            move(Account.wallet(ana), Account.wallet(bob), 6),
            move(Account.issuance(), Account.wallet(ana), 100),
        )
    assert await balance(database, ana) == 5


@pytest.mark.parametrize(
    "legs",
    [
        (Leg(Account.wallet(UUID(int=1)), 5, LegCause.REFUND),),
        (Leg(Account.wallet(UUID(int=1)), 0, LegCause.REFUND),),
        (),
    ],
)
async def test_a_posting_that_is_none_is_refused_alone_and_in_a_batch(
    database: Database, legs: tuple[Leg, ...]
) -> None:
    nothing = Posting("nothing", TransactionType.CORRECTION, "x", legs)
    with pytest.raises(PostingRefused):
        await post_all(database, move(Account.issuance(), Account.wallet(uuid4()), 1), nothing)
    with pytest.raises(PostingRefused):
        async with database.transaction() as session:
            await service.post(session, nothing)


async def test_batches_that_cross_do_not_deadlock(database: Database) -> None:
    users = [uuid4() for _ in range(6)]
    await post_all(database, *(move(Account.issuance(), Account.wallet(user), 1000) for user in users))
    batches = [
        [move(Account.wallet(users[(n + i) % 6]), Account.wallet(users[(n - i) % 6]), 3) for i in (1, 2, 4, 5)]
        for n in range(12)
    ]
    await asyncio.gather(*(post_all(database, *batch) for batch in batches))
    assert sum([await balance(database, user) for user in users]) == 6000
    async with database.transaction() as session:
        assert (await verify(session)).mismatches == ()


async def test_the_same_new_accounts_from_many_at_once_do_not_deadlock(database: Database) -> None:
    for _ in range(5):
        ana, bob = Account.wallet(uuid4()), Account.wallet(uuid4())
        gift = Account.issuance()

        def both(first: Account, second: Account, *, gift: Account = gift) -> Posting:
            legs = tuple(Leg(account, 1, LegCause.ISSUANCE) for account in (first, second))
            return Posting(str(uuid4()), TransactionType.PAYMENT, "x", (*legs, Leg(gift, -2, LegCause.ISSUANCE)))

        await asyncio.gather(
            *(post_all(database, both(ana, bob)) for _ in range(4)),
            *(post_all(database, both(bob, ana)) for _ in range(4)),
        )


async def test_postings_and_batches_that_open_and_draw_on_the_same_accounts_do_not_deadlock(database: Database) -> None:
    gift = Account.issuance()
    for _ in range(5):
        old, new = uuid4(), uuid4()
        rich, fresh, held = Account.wallet(old), Account.wallet(new), Account.payout(new)
        await post_all(database, move(gift, rich, 1000))
        singles = [move(rich, fresh, 1), move(rich, held, 1), move(gift, fresh, 1)]
        async with asyncio.TaskGroup() as group:
            for _ in range(3):
                for one in singles:
                    group.create_task(post_all(database, replace(one, key=str(uuid4()))))
                    group.create_task(post_one(database, replace(one, key=str(uuid4()))))
                batch = [replace(one, key=str(uuid4())) for one in reversed(singles)]
                group.create_task(post_all(database, *batch))
        assert await balance(database, old) == 1000 - 3 * 6
        assert await balance(database, new) == 3 * 6
        await post_all(database, move(held, fresh, 3 * 3))  # no payment is under way that would explain it
    async with database.transaction() as session:
        assert (await verify(session)).mismatches == ()
