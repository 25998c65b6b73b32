"""The caller's sessions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from qubix.schemas.states import Scope
from qubix.schemas.wallets import WalletSession
from qubix_platform.wallets import sessions
from qubix_serve.dependencies import ReadUser, Session, User
from qubix_serve.paging import Listed

router = APIRouter(prefix="/api/users/me/sessions", tags=["sessions"])


@router.get("")
async def list_sessions(session: Session, caller: ReadUser, whole: Listed) -> list[WalletSession]:
    """The caller's sessions, without their tokens."""
    return whole.of(await sessions.list_of(session, caller.user_id))


@router.delete("/{session_id}")
async def revoke_session(session_id: Annotated[UUID, Path()], session: Session, caller: User) -> WalletSession:
    """End a session for good. A session can do everything, so an API key for less cannot end one."""
    caller.require(*Scope)
    return await sessions.revoke(session, user_id=caller.user_id, session_id=session_id)
