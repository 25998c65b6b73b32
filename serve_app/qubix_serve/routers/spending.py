"""What a job would cost, and what its owner allows to be spent."""

from datetime import UTC, datetime

from fastapi import APIRouter

from qubix.schemas.quotes import Quote, QuoteRequest
from qubix.schemas.spending import SpendingLimit, SpendingLimitSet
from qubix_platform.market import quoting
from qubix_platform.spending import service as spending
from qubix_serve.dependencies import Context, MoneyUser, ReadUser, Session
from qubix_serve.paging import Listed

router = APIRouter(tags=["spending"])


@router.post("/api/jobs/quote")
async def quote_job(request: QuoteRequest, session: Session, caller: ReadUser, context: Context) -> Quote:
    """What a job would cost at most and likely, what would be held for it at first, and how long the balance lasts."""
    return await quoting.quote(
        session,
        caller=caller,
        request=request,
        now=datetime.now(UTC),
        policy=context.settings.policy,
        turns=context.turns,
    )


@router.get("/api/users/me/limits")
async def list_limits(session: Session, caller: ReadUser, whole: Listed) -> list[SpendingLimit]:
    """The limits of the caller's spending, with what counts against each."""
    return whole.of(await spending.list_limits(session, caller.user_id))


@router.put("/api/users/me/limits")
async def set_limits(request: SpendingLimitSet, session: Session, caller: MoneyUser) -> list[SpendingLimit]:
    """Set the limits of the caller's spending, or of one API key's; without any figure they are taken away."""
    return await spending.set_limits(session, caller=caller, request=request)
