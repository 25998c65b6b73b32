"""The caller's API keys."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from qubix.schemas.accounts import ApiKey, ApiKeyCreate, NewApiKey
from qubix_platform.users import keys
from qubix_serve.dependencies import ReadUser, Session, User
from qubix_serve.paging import Listed

router = APIRouter(prefix="/api/users/me/keys", tags=["keys"])


@router.get("")
async def list_keys(session: Session, caller: ReadUser, whole: Listed) -> list[ApiKey]:
    """The caller's API keys, without their secrets."""
    return whole.of(await keys.list_of(session, caller.user_id))


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_key(request: ApiKeyCreate, session: Session, caller: User) -> NewApiKey:
    """A fresh API key, no more powerful than the caller's own; the answer is the only place where it stands."""
    return await keys.create(session, caller=caller, request=request, now=datetime.now(UTC))


@router.delete("/{key_id}")
async def revoke_key(key_id: Annotated[UUID, Path()], session: Session, caller: User) -> ApiKey:
    """Revoke an API key for good; not one that is more powerful than the caller's own."""
    return await keys.revoke(session, caller=caller, key_id=key_id)
