"""What an operator lets a user have."""

import pytest

from qubix.schemas.accounts import QuotaSet
from qubix.schemas.states import Priority
from qubix_platform.database.session import Database
from qubix_platform.quotas import service as quotas
from qubix_platform.quotas.errors import PriorityNotAllowed
from tests.platform.market_life import Market


async def test_who_was_given_nothing_has_what_anybody_has(database: Database) -> None:
    ana = await Market(database).consumer()
    async with database.transaction() as session:
        found = await quotas.of_user(session, ana.user_id)
    assert (found.weight, found.max_gpus, found.may_use_high) == (100, None, False)


async def test_high_priority_is_for_those_who_were_given_it(database: Database) -> None:
    market = Market(database)
    ana = await market.consumer()
    with pytest.raises(PriorityNotAllowed, match="you were not given it"):
        await market.job(ana, priority=Priority.HIGH)
    assert (await market.job(ana, priority=Priority.LOW)).priority is Priority.LOW
    async with database.transaction() as session:
        await quotas.assign(session, ana.user_id, QuotaSet(may_use_high=True, max_gpus=3, weight=250))
    assert (await market.job(ana, priority=Priority.HIGH)).priority is Priority.HIGH
    async with database.transaction() as session:
        found = await quotas.assign(session, ana.user_id, QuotaSet())
    assert (found.weight, found.max_gpus, found.may_use_high) == (100, None, False)
