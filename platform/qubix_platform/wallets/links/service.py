"""Links that open the console signed in, once and soon: for who is signed in elsewhere, as on a command line."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Scope
from qubix.schemas.wallets import NewSession, NewSignInLink
from qubix_platform.auth.callers import UserCaller
from qubix_platform.auth.tokens import TokenKind, digest, new_token
from qubix_platform.wallets import sessions
from qubix_platform.wallets.errors import LinkSpent
from qubix_platform.wallets.links import repository

LIFETIME: Final = timedelta(minutes=15)
PAGE: Final = "/app/enter"
"""The console's page that exchanges the token. It stands behind the `#`, which browsers send nowhere."""


async def make(session: AsyncSession, caller: UserCaller, *, url: str, now: datetime) -> NewSignInLink:
    """A link for the caller, good once within 15 minutes. Its token is in the answer and nowhere else.

    Args:
        session: the request's transaction.
        caller: may do everything, for a session can. It lives no longer than what the caller is here by.
        url: the platform's.
        now: the time.

    Raises:
        ScopeMissing: the caller's key was made for less.
    """
    caller.require(*Scope)
    token = new_token(TokenKind.LINK)
    expires_at = now + LIFETIME
    await repository.make(
        session,
        digest=token.digest,
        user_id=caller.user_id,
        session_until=caller.expires_at,
        expires_at=expires_at,
    )
    return NewSignInLink(url=f"{url}{PAGE}#{token.plain}", expires_at=expires_at)


async def exchange(session: AsyncSession, token: str, *, now: datetime) -> tuple[UUID, NewSession]:
    """Use a link up for a session; who is signed in by it.

    Raises:
        LinkSpent: it was used, has expired, or is none of ours.
    """
    used = await repository.use(session, digest(token))
    if used is None:
        raise LinkSpent(
            asked="Signing in with a link",
            obstacle="it was used already, or has expired",
            remedy="Ask for a fresh one with `qubix console`, or sign in with a wallet.",
        )
    opened = await sessions.begin(session, user_id=used.user_id, wallet_format=None, now=now, until=used.session_until)
    return used.user_id, opened
