"""What holds a user's money: each job, escrow and reservation with its amount, and nothing that ended."""

from qubix.schemas.chain import EscrowLock
from qubix.schemas.holds import Hold, HoldKind
from qubix_platform.auth.callers import UserCaller
from qubix_platform.chain.escrows import service as escrows
from qubix_platform.database.session import Database
from qubix_platform.jobs import service as jobs
from qubix_platform.ledger import repository as ledger
from qubix_platform.reservations import service as reservations
from qubix_platform.wallets.holds import service as holds
from tests.platform.market_life import POLICY
from tests.platform.reservations.test_service import PREPAID, Holder


async def held(database: Database, caller: UserCaller, *, limit: int = 10, offset: int = 0) -> tuple[list[Hold], int]:
    async with database.transaction() as session:
        return await holds.of_user(session, caller.user_id, limit=limit, offset=offset)


async def test_jobs_escrows_and_reservations_hold_money_until_they_end(database: Database) -> None:
    holder = await Holder.with_balance(database, PREPAID + 1_000_000)
    caller = holder.consumer
    reserved = await holder.reserve()
    job = await holder.market.job(caller, name="train", max_price=36_000, time_limit_seconds=60)
    async with database.transaction() as session:
        escrow = await escrows.lock(session, caller=caller, wanted=EscrowLock(amount=300))

    found, total = await held(database, caller)
    assert [(one.kind, one.id, one.name, one.amount) for one in found] == [
        (HoldKind.ESCROW, escrow.id, None, 300),
        (HoldKind.JOB, job.id, "train", 600),
        (HoldKind.RESERVATION, reserved, holder.machine.worker_id, PREPAID),
    ]
    assert total == 3
    async with database.transaction() as session:
        _available, in_escrow = await ledger.balances_of(session, caller.user_id)
    assert in_escrow == sum(one.amount for one in found if one.kind is not HoldKind.RESERVATION)
    assert await held(database, caller, limit=1, offset=1) == ([found[1]], 3)
    assert await held(database, await holder.market.consumer()) == ([], 0)

    async with database.transaction() as session:
        await jobs.cancel_job(session, caller=caller, job_id=job.id)
        await escrows.refund(session, user_id=caller.user_id, escrow_id=escrow.id)
        await reservations.cancel(session, caller=caller, reservation_id=reserved, policy=POLICY)
    assert await held(database, caller) == ([], 0)
