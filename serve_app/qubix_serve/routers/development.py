"""Play money. These routes exist on a development platform only."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Header

from qubix.schemas.accounts import DevCredit, DevCredited
from qubix_platform.users import service as users
from qubix_serve.dependencies import MoneyUser, Session

router = APIRouter(prefix="/api/dev", tags=["development"])


@router.post("/credit")
async def credit(
    request: DevCredit,
    session: Session,
    caller: MoneyUser,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")] = None,
) -> DevCredited:
    """Credit the caller with play money. With an Idempotency-Key a repeat credits nothing again."""
    key = idempotency_key or str(uuid4())
    balance = await users.credit_play_money(session, user_id=caller.user_id, amount=request.amount, key=key)
    return DevCredited(success=True, balance=balance)
