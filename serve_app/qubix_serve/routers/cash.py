"""What of a user's money is held; deposits from the Qubic chain, and withdrawals to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from qubix.schemas.chain import Deposit, DepositAddress, Withdrawal, WithdrawalCreate
from qubix.schemas.holds import Hold
from qubix_platform.chain import deposits
from qubix_platform.chain.withdrawals import service as withdrawals
from qubix_platform.wallets.holds import service as holds
from qubix_serve.dependencies import IdempotencyKey, MoneyUser, Paged, ReadUser, Session

router = APIRouter(prefix="/api/wallet", tags=["wallet"])


@router.get("/holds")
async def list_holds(session: Session, caller: ReadUser, page: Paged) -> list[Hold]:
    """What holds the caller's money now, newest first: jobs, escrows for jobs to come, prepaid reservations."""
    found, total = await holds.of_user(session, caller.user_id, limit=page.limit, offset=page.offset)
    page.describe(total)
    return found


@router.post("/deposit-address")
async def deposit_address(session: Session, caller: MoneyUser) -> DepositAddress:
    """The identity that the caller's deposits go to; the same one every time."""
    return await deposits.address_of(session, caller.user_id)


@router.get("/deposits")
async def list_deposits(session: Session, caller: ReadUser, page: Paged) -> list[Deposit]:
    """The caller's deposits with their confirmations, newest first."""
    found, total = await deposits.of_user(session, caller.user_id, limit=page.limit, offset=page.offset)
    page.describe(total)
    return found


@router.post("/withdraw", status_code=status.HTTP_201_CREATED)
async def withdraw(
    request: WithdrawalCreate, session: Session, caller: MoneyUser, idempotency_key: IdempotencyKey = None
) -> Withdrawal:
    """Send QU from the caller's balance to an identity. The same `Idempotency-Key` sends once."""
    return await withdrawals.request(session, caller=caller, wanted=request, idempotency_key=idempotency_key)


@router.get("/withdrawals")
async def list_withdrawals(session: Session, caller: ReadUser, page: Paged) -> list[Withdrawal]:
    """The caller's withdrawals, newest first."""
    found, total = await withdrawals.of_user(session, caller.user_id, limit=page.limit, offset=page.offset)
    page.describe(total)
    return found


@router.get("/withdrawals/{withdrawal_id}")
async def get_withdrawal(withdrawal_id: Annotated[UUID, Path()], session: Session, caller: ReadUser) -> Withdrawal:
    """How a withdrawal of the caller's stands."""
    return await withdrawals.get(session, user_id=caller.user_id, withdrawal_id=withdrawal_id)
