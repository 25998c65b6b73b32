"""Whether a signed challenge may be taken, apart from its signature. Pure."""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from qubix.schemas.states import WalletFormat
from qubix_platform.wallets.message import Claim


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


def is_same_place(origin: str, domain: str) -> bool:
    """Whether a page of this origin belongs to the domain. On one machine, all ports and names of it do."""
    try:
        page, ours = urlsplit(origin), urlsplit(f"//{domain}")
        if is_on_this_machine(ours) and is_on_this_machine(page):
            return True
        return bool(page.netloc) and page.netloc.lower() == domain.lower()
    except ValueError:
        return False


def is_on_this_machine(place: SplitResult) -> bool:
    """Whether an address means the machine on which it is used."""
    host = place.hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
