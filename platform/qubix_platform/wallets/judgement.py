"""Whether a signed challenge may be taken, apart from its signature. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qubix.schemas.states import WalletFormat
from qubix.wallets.message import Claim
from qubix.wallets.places import is_same_place


class Reason(StrEnum):
    """Why a wallet was not let in: for the log alone."""

    NOT_A_WALLET = "not_a_wallet"
    FORMAT_NOT_OFFERED = "format_not_offered"
    FOREIGN_DOMAIN = "foreign_domain"
    UNKNOWN_CHALLENGE = "unknown_challenge"
    OTHER_ADDRESS = "other_address"
    ALTERED_MESSAGE = "altered_message"
    REPLAYED = "replayed"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    MALLEABLE = "malleable"
    WEAK_KEY = "weak_key"
    FORGED = "forged"


@dataclass(frozen=True, kw_only=True)
class StoredChallenge:
    """A challenge as it was issued."""

    nonce: str
    address: str
    domain: str
    message: str
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What somebody signs in with.

    Attributes:
        address: whose wallet it is said to be.
        wallet_format: how it was signed.
        message: the text that was signed, where the wallet gave it back.
        claim: what that text says of itself.
        origin: the web page that sends it, as its browser says; None outside browsers.
    """

    address: str
    wallet_format: WalletFormat
    message: str | None
    claim: Claim
    origin: str | None


def judge(
    attempt: Attempt,
    challenge: StoredChallenge | None,
    *,
    domain: str,
    offered: Collection[WalletFormat],
    now: datetime,
) -> Reason | None:
    """Why an attempt is refused whatever its signature, or None.

    Args:
        attempt: what came.
        challenge: the one that it answers, if there is one.
        domain: this platform's.
        offered: the formats that this platform takes.
        now: the time.
    """
    if attempt.wallet_format not in offered:
        return Reason.FORMAT_NOT_OFFERED
    if attempt.origin is not None and not is_same_place(attempt.origin, domain):
        return Reason.FOREIGN_DOMAIN
    if attempt.claim.domain is not None and attempt.claim.domain != domain:
        return Reason.FOREIGN_DOMAIN
    if challenge is None:
        return Reason.UNKNOWN_CHALLENGE
    if challenge.domain != domain:
        return Reason.FOREIGN_DOMAIN
    if challenge.address != attempt.address:
        return Reason.OTHER_ADDRESS
    if attempt.message is not None and attempt.message != challenge.message:
        return Reason.ALTERED_MESSAGE
    if challenge.used_at is not None:
        return Reason.REPLAYED
    return Reason.EXPIRED if challenge.expires_at <= now else None
