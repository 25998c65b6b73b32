"""Signing in by wallet, and what a wallet holds."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response, status

from qubix.schemas.base import QubicAddress
from qubix.schemas.states import Scope
from qubix.schemas.wallets import (
    Challenge,
    ChallengeRequest,
    ConnectRequest,
    CurrentSession,
    NewSignInLink,
    SignInLink,
    WalletBalance,
    WalletConnected,
    WalletSession,
)
from qubix_platform.auth.errors import UnknownToken
from qubix_platform.users import service as users
from qubix_platform.wallets import balance, sessions
from qubix_platform.wallets import service as wallets
from qubix_platform.wallets.links import service as links
from qubix_serve.cookies import forget_session, keep_session, require_own_page
from qubix_serve.dependencies import Context, OptionalToken, Session, Token, User, joining_caller, user_caller
from qubix_serve.onchain import look_up

router = APIRouter(prefix="/api/wallet", tags=["wallet"])

Origin = Annotated[str | None, Header(max_length=300, description="Set by browsers: the page that asks.")]
Address = Annotated[QubicAddress, Path(description="A Qubic identity.")]


@router.post("/challenge", status_code=status.HTTP_201_CREATED)
async def challenge(request: ChallengeRequest, session: Session, context: Context, asking: Request) -> Challenge:
    """A message to sign, good for one sign-in within five minutes. Ten a minute for a wallet, sixty for a client."""
    settings = context.settings
    return await wallets.issue(
        session,
        address=request.qubic_address,
        domain=settings.domain,
        offered=settings.wallet_formats,
        host=None if asking.client is None else asking.client.host,
        now=datetime.now(UTC),
    )


@router.post("/connect")
async def connect(
    request: ConnectRequest, context: Context, token: OptionalToken, response: Response, origin: Origin = None
) -> WalletConnected:
    """Sign in with a signed challenge, or join the wallet to the account that the request is signed in to.

    A browser keeps the session as a cookie that its scripts cannot read. A signature that does not prove the address is
    answered in one way, whatever is wrong with it.
    """
    settings = context.settings
    async with context.database.transaction() as session:
        account = await joining_caller(session, context, token) if request.join else None
        signed = await wallets.read_signed(
            session,
            request,
            domain=settings.domain,
            origin=origin,
            offered=settings.wallet_formats,
            now=datetime.now(UTC),
        )
    # No transaction is open while the signature is checked: many may wait for their turn.
    flaw = await context.verifier.flaw(public_key=signed.public_key, digest=signed.digest, signature=signed.signature)
    async with context.database.transaction() as session:
        user_id = await wallets.admit(session, signed, flaw=flaw, account=account)
        opened = await sessions.begin(
            session, user_id=user_id, wallet_format=signed.wallet_format, now=datetime.now(UTC)
        )
        user = await users.get(session, user_id)
    if origin is not None:
        keep_session(response, opened.token, expires_at=opened.expires_at, settings=settings)
    return WalletConnected(success=True, balance=user.balance, user=user, session=opened)


@router.post("/links", status_code=status.HTTP_201_CREATED)
async def make_sign_in_link(session: Session, caller: User, context: Context) -> NewSignInLink:
    """A link that opens the console signed in as the caller, once within 15 minutes. Needs every scope."""
    return await links.make(session, caller, url=context.settings.public_url, now=datetime.now(UTC))


@router.post("/links/exchange")
async def follow_sign_in_link(
    *, link: SignInLink, request: Request, session: Session, context: Context, response: Response, origin: Origin = None
) -> WalletConnected:
    """Sign in with a link's token, which is then used up. A browser keeps the session, as after `/connect`."""
    settings = context.settings
    if origin is not None:
        require_own_page(origin, host=request.headers.get("host", ""), settings=settings)
    user_id, opened = await links.exchange(session, link.token, now=datetime.now(UTC))
    user = await users.get(session, user_id)
    if origin is not None:
        keep_session(response, opened.token, expires_at=opened.expires_at, settings=settings)
    return WalletConnected(success=True, balance=user.balance, user=user, session=opened)


@router.get("/session")
async def current_session(context: Context, token: OptionalToken) -> CurrentSession:
    """Who this request is signed in as. A page asks before it knows; that nobody is, or no more, is no error."""
    if token is None:
        return CurrentSession(user=None)
    async with context.database.transaction() as session:
        try:
            caller = await user_caller(session, context, token)
        except UnknownToken:
            return CurrentSession(user=None)
        caller.require(Scope.READ)
        return CurrentSession(user=await users.get(session, caller.user_id))


@router.delete("/session")
async def sign_out(session: Session, caller: User, context: Context, response: Response) -> WalletSession:
    """End the session that this request is made with, for good."""
    ended = await sessions.sign_out(session, caller)
    forget_session(response, settings=context.settings)
    return ended


@router.get("/{address}/balance")
async def wallet_balance(address: Address, token: Token, context: Context) -> WalletBalance:
    """What the wallet's holder has here and on the chain. Holders only, and operators."""
    async with context.database.transaction() as session:
        caller = await user_caller(session, context, token)
        caller.require(Scope.READ)
        holdings = await balance.holdings(
            session, caller=caller, address=address, fee_basis_points=context.settings.policy.fee_basis_points
        )
    # The chain is asked when no transaction is open: it may take its time.
    found = await look_up(context.chain, address)
    return holdings.shown(on_chain=found.amount, tick=found.tick, reason=found.reason)
