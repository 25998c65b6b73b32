"""Sessions: what a wallet's signature opens, and what its holder can end."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.errors import InvalidRequest
from qubix.schemas.states import SessionKind, WalletFormat
from qubix.schemas.wallets import NewSession, WalletSession
from qubix_platform.auth.callers import UserCaller
from qubix_platform.auth.tokens import TokenKind, new_token
from qubix_platform.wallets import repository
from qubix_platform.wallets.errors import SessionNotFound

LIFETIME: Final = timedelta(days=7)


async def begin(
    session: AsyncSession,
    *,
    user_id: UUID,
    wallet_format: WalletFormat | None,
    now: datetime,
    until: datetime | None = None,
) -> NewSession:
    """A session of a week; its token is in the answer and nowhere else.

    Args:
        session: the request's transaction.
        user_id: whose.
        wallet_format: of the wallet that signed for it; none where a signed-in link was followed.
        now: the time.
        until: when it ends at the latest.
    """
    token = new_token(TokenKind.SESSION)
    kind = SessionKind.LINK if wallet_format is None else SessionKind(wallet_format)
    expires_at = now + LIFETIME if until is None else min(until, now + LIFETIME)
    row = await repository.open_session(session, user_id=user_id, kind=kind, token=token, expires_at=expires_at)
    return NewSession.model_validate(dict(row._mapping) | {"token": token.plain})


async def list_of(session: AsyncSession, user_id: UUID) -> list[WalletSession]:
    """A user's sessions, without their tokens, oldest first."""
    return [WalletSession.model_validate(dict(row._mapping)) for row in await repository.sessions(session, user_id)]


async def sign_out(session: AsyncSession, caller: UserCaller) -> WalletSession:
    """End the session that the caller is here by.

    Raises:
        InvalidRequest: they are here by an API key.
    """
    if caller.session_id is None:
        raise InvalidRequest(
            asked="Signing out",
            obstacle="this request was made with an API key, not with a session",
            remedy="Revoke the key: DELETE /api/users/me/keys/{keyId}.",
        )
    return await revoke(session, user_id=caller.user_id, session_id=caller.session_id)


async def revoke(session: AsyncSession, *, user_id: UUID, session_id: UUID) -> WalletSession:
    """End a session for good; ending it again changes nothing.

    Raises:
        SessionNotFound: the user has no such session.
    """
    row = await repository.revoke(session, user_id=user_id, session_id=session_id)
    if row is None:
        raise SessionNotFound(
            asked=f"Ending session {session_id}",
            obstacle="you have no such session",
            remedy="List yours with GET /api/users/me/sessions.",
        )
    return WalletSession.model_validate(dict(row._mapping))
