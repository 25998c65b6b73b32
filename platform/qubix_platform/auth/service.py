"""From a bearer token to the caller behind it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix_platform.auth import repository
from qubix_platform.auth.callers import AttemptCaller, Caller, UserCaller
from qubix_platform.auth.errors import TokenOfWrongKind, UnknownToken
from qubix_platform.auth.tokens import TokenKind, digest, kind_of, read_attempt_token


async def authenticate(session: AsyncSession, token: str, *, allowed: Collection[TokenKind], secret: bytes) -> Caller:
    """The caller behind a token.

    Args:
        session: the request's transaction.
        token: what came after `Bearer`.
        allowed: the kinds that the route takes.
        secret: the platform's secret, from which attempt tokens are derived.

    Raises:
        UnknownToken: nobody holds it.
        TokenOfWrongKind: the route takes another kind.
    """
    kind = kind_of(token)
    if kind not in allowed:
        raise TokenOfWrongKind(
            asked="Signing in",
            obstacle=f"this route does not take {kind.in_words}",
            remedy=f"Send {' or '.join(sorted(other.in_words for other in allowed))}.",
        )
    caller = await _holder(session, token, kind=kind, secret=secret)
    if caller is None:
        raise UnknownToken(
            asked="Signing in",
            obstacle=f"nobody holds {kind.in_words} like this, or it was revoked or has expired",
            remedy="Ask for a new one.",
        )
    return caller


async def ended(session: AsyncSession, credentials: Collection[UUID]) -> set[UUID]:
    """Those of these API keys and sessions that were revoked or have expired."""
    return await repository.ended(session, credentials)


async def require_living(session: AsyncSession, caller: UserCaller) -> None:
    """Refuse a caller of a connection that outlived their sign-in.

    Raises:
        UnknownToken: the key or session was revoked or has expired since.
    """
    if await ended(session, [caller.credential_id]):
        raise UnknownToken(
            asked="Going on as the user who signed in",
            obstacle="the key or session was revoked or has expired since",
            remedy="Sign in again.",
        )


async def _holder(session: AsyncSession, token: str, *, kind: TokenKind, secret: bytes) -> Caller | None:
    match kind:
        case TokenKind.ATTEMPT:
            return AttemptCaller(attempt_id=read_attempt_token(token, secret=secret))
        case TokenKind.API_KEY:
            return await repository.user_by_key(session, digest(token))
        case TokenKind.SESSION:
            return await repository.user_by_session(session, digest(token))
        case TokenKind.WORKER:
            return await repository.worker_by_token(session, digest(token))
        case TokenKind.JOIN:
            return await repository.join_by_token(session, digest(token))
        case TokenKind.LINK:
            return None  # exchanged for a session, never a bearer's
