"""Play money. These routes exist on a development platform only."""

from uuid import uuid4

from fastapi import APIRouter

from qubix.schemas.accounts import DevCredit, DevCredited
from qubix_platform.users import service as users
from qubix_serve.dependencies import IdempotencyKey, MoneyUser, Session

router = APIRouter(prefix="/api/dev", tags=["development"])


@router.post("/credit")
async def credit(
    request: DevCredit,
    session: Session,
    caller: MoneyUser,
    idempotency_key: IdempotencyKey = None,
) -> DevCredited:
    """Credit the caller with play money. With an Idempotency-Key a repeat credits nothing again."""
    key = idempotency_key or str(uuid4())
    balance = await users.credit_play_money(session, user_id=caller.user_id, amount=request.amount, key=key)
    return DevCredited(success=True, balance=balance)
