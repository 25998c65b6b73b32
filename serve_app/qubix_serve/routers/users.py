"""The caller's own account, and users for operators."""

from fastapi import APIRouter, status

from qubix.schemas.accounts import NewApiKey, Quota, QuotaSet, UserCreate
from qubix.schemas.accounts import User as UserAccount
from qubix_platform.quotas import service as quotas
from qubix_platform.users import service as users
from qubix_serve.dependencies import Operator, ReadUser, Session

router = APIRouter(prefix="/api/users", tags=["users"])


@router.get("/me")
async def me(session: Session, caller: ReadUser) -> UserAccount:
    """The caller, with the available balance and what is held in escrow."""
    return await users.get(session, caller.user_id)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_user(request: UserCreate, session: Session, _: Operator) -> NewApiKey:
    """Make a user with a first API key. Operators only."""
    user = await users.create(session, request)
    return await users.create_api_key(session, user_id=user.id, name="first")


@router.get("/me/quota")
async def my_quota(session: Session, caller: ReadUser) -> Quota:
    """What the caller may have of the market: weight, GPUs at once, and whether high priority."""
    return await quotas.of_user(session, caller.user_id)


@router.put("/{username}/quota")
async def set_quota(username: str, request: QuotaSet, session: Session, _: Operator) -> Quota:
    """Set what a user may have of the market. Operators only."""
    user = await users.by_name(session, username)
    return await quotas.assign(session, user.id, request)
