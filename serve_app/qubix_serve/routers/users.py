"""The caller's own account, their API keys, and users for operators."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path, status

from qubix.schemas.accounts import ApiKey, NewApiKey, UserCreate
from qubix.schemas.accounts import User as UserAccount
from qubix_platform.users import service as users
from qubix_serve.dependencies import Operator, Session, User

router = APIRouter(prefix="/api/users", tags=["users"])


@router.get("/me")
async def me(session: Session, caller: User) -> UserAccount:
    """The caller, with the available balance and what is held in escrow."""
    return await users.get(session, caller.user_id)


@router.get("/me/keys")
async def list_keys(session: Session, caller: User) -> list[ApiKey]:
    """The caller's API keys, without their secrets."""
    return await users.api_keys(session, caller.user_id)


@router.post("/me/keys", status_code=status.HTTP_201_CREATED)
async def create_key(
    session: Session,
    caller: User,
    name: Annotated[str, Body(embed=True, min_length=1, max_length=100, pattern=r"^[^\x00]+$")],
) -> NewApiKey:
    """A fresh API key; the answer is the only place where it stands."""
    return await users.create_api_key(session, user_id=caller.user_id, name=name)


@router.delete("/me/keys/{key_id}")
async def revoke_key(key_id: Annotated[UUID, Path()], session: Session, caller: User) -> ApiKey:
    """Revoke an API key for good."""
    return await users.revoke_api_key(session, user_id=caller.user_id, key_id=key_id)


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_user(request: UserCreate, session: Session, _: Operator) -> NewApiKey:
    """Make a user with a first API key. Operators only."""
    user = await users.create(session, request)
    return await users.create_api_key(session, user_id=user.id, name="first")
