"""What routes ask for: the context, the request's transaction, and the caller behind the token.

Every dependency is `async`, however little it does: FastAPI hands the others to a thread, which takes half a
millisecond.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Header, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import Scope
from qubix_platform.auth import service as auth
from qubix_platform.auth.callers import AttemptCaller, Caller, JoinCaller, UserCaller, WorkerCaller
from qubix_platform.auth.errors import OperatorsOnly, UnknownToken
from qubix_platform.auth.tokens import USER_TOKENS, TokenKind
from qubix_serve.context import AppContext
from qubix_serve.cookies import kept_session

_bearer = HTTPBearer(auto_error=False, description="An API key, session, worker token, join token or attempt token.")


async def app_context(request: Request) -> AppContext:
    """The replica's context."""
    context: AppContext = request.app.state.context
    return context


Context = Annotated[AppContext, Depends(app_context)]


async def open_session(context: Context) -> AsyncIterator[AsyncSession]:
    """The request's one transaction. It commits before the response is sent, so what a client reads is true."""
    async with context.database.transaction() as session:
        yield session


Session = Annotated[AsyncSession, Depends(open_session, scope="function")]


async def optional_token(
    request: Request,
    context: Context,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> str | None:
    """The token of the request, if it carries one; else that of the browser's session.

    Raises:
        ForeignPage: the browser's session is used by a page of somebody else's.
    """
    if credentials is not None:
        return credentials.credentials
    return kept_session(request, settings=context.settings)


OptionalToken = Annotated[str | None, Depends(optional_token)]


async def bearer_token(token: OptionalToken) -> str:
    """The token of the request.

    Raises:
        UnknownToken: there is none.
    """
    return _given(token)


Token = Annotated[str, Depends(bearer_token)]


async def _caller(session: AsyncSession, context: AppContext, token: str, *kinds: TokenKind) -> Caller:
    caller = await auth.authenticate(session, token, allowed=kinds, secret=context.settings.secret)
    match caller:
        case UserCaller(user_id=user_id):
            structlog.contextvars.bind_contextvars(user_id=str(user_id))
        case WorkerCaller(worker_id=worker_id):
            structlog.contextvars.bind_contextvars(worker_id=worker_id)
        case AttemptCaller(attempt_id=attempt_id):
            structlog.contextvars.bind_contextvars(attempt_id=str(attempt_id))
        case JoinCaller(user_id=user_id):
            structlog.contextvars.bind_contextvars(user_id=str(user_id))
    return caller


async def user_caller(session: Session, context: Context, token: Token) -> UserCaller:
    """A user, by API key or session, whatever it may be used for. Routes ask for a scope: see below."""
    caller = await _caller(session, context, token, *USER_TOKENS)
    assert isinstance(caller, UserCaller)
    return caller


@dataclass(frozen=True)
class Holding:
    """A dependency: a user whose key or session has a scope."""

    scope: Scope

    async def __call__(self, caller: Annotated[UserCaller, Depends(user_caller, scope="function")]) -> UserCaller:
        """The caller.

        Raises:
            ScopeMissing: the API key was not given the scope.
        """
        caller.require(self.scope)
        return caller


async def operator_caller(caller: Annotated[UserCaller, Depends(user_caller, scope="function")]) -> UserCaller:
    """An operator of the platform, whose key may do everything.

    Raises:
        OperatorsOnly: the key is another user's.
        ScopeMissing: the key was made for less.
    """
    caller.require(*Scope)
    if not caller.is_operator:
        raise OperatorsOnly(
            asked="Managing the platform",
            obstacle="your API key is not an operator's",
            remedy="Use the key that `qubix up` printed, or ask an operator.",
        )
    return caller


async def worker_caller(session: Session, context: Context, token: Token) -> WorkerCaller:
    """An agent, by worker token."""
    caller = await _caller(session, context, token, TokenKind.WORKER)
    assert isinstance(caller, WorkerCaller)
    return caller


async def attempt_caller(session: Session, context: Context, token: Token) -> AttemptCaller:
    """A runner, by attempt token."""
    caller = await _caller(session, context, token, TokenKind.ATTEMPT)
    assert isinstance(caller, AttemptCaller)
    return caller


async def registering_caller(
    session: Session, context: Context, token: Token
) -> JoinCaller | WorkerCaller | UserCaller:
    """Who may register a machine: the holder of a join token, the machine itself, or its owner."""
    caller = await _caller(session, context, token, TokenKind.JOIN, TokenKind.WORKER, *USER_TOKENS)
    assert not isinstance(caller, AttemptCaller)
    if isinstance(caller, UserCaller):
        caller.require(Scope.PROVIDER)
    return caller


async def joining_caller(session: AsyncSession, context: AppContext, token: str | None) -> UserCaller:
    """A user who may say which wallet their account's money goes to.

    Raises:
        UnknownToken: there is no token, or nobody holds it.
        ScopeMissing: their API key was not given that scope.
    """
    caller = await user_caller(session, context, _given(token))
    caller.require(Scope.MONEY)
    return caller


async def blob_caller(
    session: AsyncSession, context: AppContext, token: str, *, needs: Scope
) -> UserCaller | AttemptCaller:
    """Who may store and read blobs: a user whose key has the scope, or a runner on its consumer's behalf.

    Raises:
        ScopeMissing: the user's API key was not given the scope.
    """
    caller = await _caller(session, context, token, TokenKind.ATTEMPT, *USER_TOKENS)
    assert isinstance(caller, UserCaller | AttemptCaller)
    if isinstance(caller, UserCaller):
        caller.require(needs)
    return caller


User = Annotated[UserCaller, Depends(user_caller, scope="function")]
ReadUser = Annotated[UserCaller, Depends(Holding(Scope.READ), scope="function")]
JobsUser = Annotated[UserCaller, Depends(Holding(Scope.JOBS), scope="function")]
ProviderUser = Annotated[UserCaller, Depends(Holding(Scope.PROVIDER), scope="function")]
MoneyUser = Annotated[UserCaller, Depends(Holding(Scope.MONEY), scope="function")]
Operator = Annotated[UserCaller, Depends(operator_caller, scope="function")]
Worker = Annotated[WorkerCaller, Depends(worker_caller, scope="function")]
Attempt = Annotated[AttemptCaller, Depends(attempt_caller, scope="function")]
Registering = Annotated[JoinCaller | WorkerCaller | UserCaller, Depends(registering_caller, scope="function")]


def _given(token: str | None) -> str:
    if token is None:
        raise UnknownToken(
            asked="Signing in",
            obstacle="the request carries no token",
            remedy="Send 'Authorization: Bearer qbx_key_…'; `qubix up` prints an API key.",
        )
    return token


IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="Of the client's choice. A request that comes again with the same key does nothing again.",
    ),
]


class Page:
    """Which part of a list is asked for; writes the headers that say how much there is."""

    def __init__(self, request: Request, response: Response, *, limit: int, offset: int) -> None:
        self.limit = limit
        self.offset = offset
        self._request = request
        self._response = response

    def describe(self, total: int) -> None:
        """Set `X-Total-Count`, and `Link` to the neighbouring pages (RFC 8288)."""
        self._response.headers["X-Total-Count"] = str(total)
        neighbours = {
            "first": 0 if self.offset else None,
            "prev": max(0, self.offset - self.limit) if self.offset else None,
            "next": self.offset + self.limit if self.offset + self.limit < total else None,
        }
        # Without the host: behind a proxy that speaks TLS this process knows neither its name nor its scheme.
        here = self._request.url.replace(scheme="", netloc="")
        links = [
            f'<{here.include_query_params(offset=offset, limit=self.limit)}>; rel="{relation}"'
            for relation, offset in neighbours.items()
            if offset is not None
        ]
        if links:
            self._response.headers["Link"] = ", ".join(links)


async def requested_page(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Page:
    """The part that the query string asks for."""
    return Page(request, response, limit=limit, offset=offset)


Paged = Annotated[Page, Depends(requested_page)]
