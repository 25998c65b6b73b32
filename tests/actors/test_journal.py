"""What the scheduler writes down beside the way is written, however often it takes."""

from qubix_actors.journal import Journal
from qubix_platform.attempts import repository
from qubix_platform.attempts import service as attempts
from qubix_platform.database.session import Database
from tests.platform.market_life import Market


async def test_a_launch_of_an_attempt_that_somebody_holds_is_noted_afterwards(database: Database) -> None:
    market, journal = Market(database), Journal(database)
    spec = await market.assign(await market.job(await market.consumer()), await market.machine())
    journal.launched(spec.attempt_id)
    async with database.transaction() as holding:
        assert await repository.lock(holding, spec.attempt_id) is not None
        await journal.flush()
    await journal.write()
    async with database.transaction() as session:
        (live,) = await attempts.live_attempts(session)
    assert live.launched_at is not None
