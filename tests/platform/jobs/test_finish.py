"""The end of a job that had ended already."""

import pytest

from qubix.errors import InternalError
from qubix.schemas.states import Cause, JobStatus
from qubix_platform.database.session import Database
from qubix_platform.escrow import service as escrow
from qubix_platform.escrow.service import Bill, Purse
from qubix_platform.jobs.finish import finish
from qubix_platform.jobs.states import JobChange
from qubix_platform.ledger.verify import verify
from tests.platform.market_life import Market


async def test_pay_that_is_written_down_is_never_dropped_silently(database: Database) -> None:
    market = Market(database)
    consumer, machine = await market.consumer(), await market.machine()
    job = await market.job(consumer)
    purse = Purse(job_id=job.id, escrow_id=job.id, consumer_id=consumer.user_id, held=job.hold_amount)
    change = JobChange(JobStatus.PENDING, JobStatus.CANCELLED, cause=Cause.CANCELLED)
    async with database.transaction() as session:
        assert await finish(session, purse, change=change, bill=Bill()) is not None
    async with database.transaction() as session:
        assert await finish(session, purse, change=change, bill=Bill()) is None, "told again, with nothing to pay"
    others = escrow.payment(purse, Bill(provider_user_id=machine.user_id, charged=1), part="1")
    assert others
    with pytest.raises(InternalError, match="1 payments"):
        async with database.transaction() as session:
            await finish(session, purse, change=change, bill=Bill(), others=others)
    async with database.transaction() as session:
        assert (await verify(session)).mismatches == ()
    assert await market.balance(machine.user_id) == (0, 0)
