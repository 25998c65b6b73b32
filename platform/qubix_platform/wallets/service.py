"""Issuing challenges, and letting in who signed one.

Signing in takes two transactions with the check of the signature between them, which takes milliseconds of a processor
and needs no database: `read_signed` finds what had to be signed, `admit` uses the challenge up.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.qubic.errors import InvalidIdentity
from qubix.qubic.schnorrq import Flaw
from qubix.schemas.states import WalletFormat
from qubix.schemas.wallets import Challenge, ConnectRequest
from qubix.wallets.message import Claim, Terms, compose, digest, read, read_signature
from qubix_platform.auth.callers import UserCaller
from qubix_platform.users import repository as users
from qubix_platform.wallets import limits, repository
from qubix_platform.wallets.errors import TooManyChallenges, WalletRefused, WalletTaken
from qubix_platform.wallets.judgement import Attempt, Reason, judge

log = structlog.get_logger(__name__)

CHALLENGE_LIFETIME: Final = timedelta(minutes=5)
_NONCE_BYTES: Final = 16


@dataclass(frozen=True, kw_only=True)
class SignedChallenge:
    """A challenge that may be taken if its signature is good: what to verify, and what to use up then."""

    nonce: str
    address: str
    wallet_format: WalletFormat
    public_key: bytes
    digest: bytes
    signature: bytes


async def issue(
    session: AsyncSession,
    *,
    address: str,
    domain: str,
    offered: Collection[WalletFormat],
    host: str | None,
    now: datetime,
) -> Challenge:
    """A challenge for a wallet, good for one sign-in within five minutes. `host` is where the request comes from.

    Raises:
        InvalidIdentity: the address is none that somebody can hold.
        TooManyChallenges: the wallet or the client had as many as it may within a minute.
    """
    identity.decode_wallet(address)
    client = limits.client_of(host)
    reached = await repository.limits_reached(session, client=client, address=address, since=now - limits.WINDOW)
    if (wait := limits.seconds_to_wait(*reached, now=now)) > 0:
        raise TooManyChallenges(
            asked="Asking for a message to sign",
            obstacle=f"{'you' if reached[0] else 'this wallet'} had as many as there are within a minute",
            remedy=f"Ask again in {wait} seconds.",
            details={"retryAfterSeconds": wait},
        )
    terms = Terms(
        domain=domain,
        address=address,
        nonce=secrets.token_hex(_NONCE_BYTES),
        issued_at=now,
        expires_at=now + CHALLENGE_LIFETIME,
    )
    message = compose(terms)
    await repository.issue(session, terms, message=message, client=client)
    return Challenge(
        nonce=terms.nonce,
        domain=domain,
        expires_at=terms.expires_at,
        message=message,
        formats=[known for known in WalletFormat if known in offered],
    )


async def read_signed(
    session: AsyncSession,
    request: ConnectRequest,
    *,
    domain: str,
    origin: str | None,
    offered: Collection[WalletFormat],
    now: datetime,
) -> SignedChallenge:
    """Find the challenge that a request answers, and what has to be signed of it.

    The digest is made of the message that was issued, never of anything that the request says.

    Raises:
        WalletRefused: it cannot be taken, whatever its signature. The log says why.
    """
    try:
        public_key = identity.decode_wallet(request.qubic_address)
    except InvalidIdentity:
        refuse(Reason.NOT_A_WALLET, address=request.qubic_address, wallet_format=request.format)
    attempt = Attempt(
        address=request.qubic_address,
        wallet_format=request.format,
        message=request.message,
        claim=Claim(domain=None, nonce=None) if request.message is None else read(request.message),
        origin=origin,
    )
    challenge = None
    if request.message is None or attempt.claim.nonce is not None:
        challenge = await repository.challenge(session, nonce=attempt.claim.nonce, address=attempt.address)
    reason = judge(attempt, challenge, domain=domain, offered=offered, now=now)
    if reason is not None or challenge is None:
        refuse(
            reason or Reason.UNKNOWN_CHALLENGE,
            address=attempt.address,
            wallet_format=attempt.wallet_format,
            nonce=attempt.claim.nonce,
            origin=origin,
        )
    return SignedChallenge(
        nonce=challenge.nonce,
        address=challenge.address,
        wallet_format=attempt.wallet_format,
        public_key=public_key,
        digest=digest(challenge.message, attempt.wallet_format),
        signature=read_signature(request.signature, attempt.wallet_format),
    )


async def admit(
    session: AsyncSession, signed: SignedChallenge, *, flaw: Flaw | None, account: UserCaller | None
) -> UUID:
    """Use a challenge up, and give the user whose wallet it is: made where the wallet was never seen.

    Args:
        session: the request's second transaction.
        signed: what was verified.
        flaw: what is wrong with its signature, if anything.
        account: who was signed in already and wants this wallet joined to their account.

    Raises:
        WalletRefused: the signature is not good, or the challenge was used meanwhile. The log says why.
        WalletTaken: the account has another wallet, or the wallet another account.
    """
    facts = {"address": signed.address, "wallet_format": signed.wallet_format, "nonce": signed.nonce}
    if flaw is not None:
        refuse(Reason(flaw.value), **facts)
    if not await repository.use(session, signed.nonce):
        refuse(Reason.REPLAYED, **facts)
    if account is None:
        return await repository.holder_of(session, signed.address)
    known = await users.address_of(session, account.user_id)
    if known != signed.address and not await repository.join(session, user_id=account.user_id, address=signed.address):
        raise WalletTaken(
            asked="Joining a wallet to your account",
            obstacle="your account has another wallet" if known else "the wallet belongs to another account",
            remedy="Sign in with the wallet alone: leave the API key out.",
        )
    return account.user_id


def refuse(reason: Reason, **facts: object) -> NoReturn:
    """Log why a wallet is refused, and refuse it without saying why.

    Raises:
        WalletRefused: always.
    """
    log.warning("wallet_refused", reason=reason, **facts)
    raise WalletRefused.plainly()
