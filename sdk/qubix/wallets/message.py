"""The text that a wallet shows and signs, what of it is hashed in each format, and how it is spelled. Pure."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qubix.qubic.hashing import k12
from qubix.schemas.states import WalletFormat

_OPENING: Final = """{domain} wants you to sign in to QUBIX with your Qubic identity:
{address}
"""
_TEXT: Final = (
    _OPENING
    + """
Signing proves that the identity is yours. It moves no QU and costs nothing.

Domain: {domain}
Nonce: {nonce}
Issued: {issued_at}
Expires: {expires_at}"""
)
_DOMAIN: Final = re.compile(r"^Domain: (\S{1,255})$", re.MULTILINE)
_NONCE: Final = re.compile(r"^Nonce: ([0-9a-f]{32})$", re.MULTILINE)

# What stands before the message when it is hashed. A devnet's signatures so are good for nothing else.
_PREFIXES: Final = {
    WalletFormat.EXTENSION: "",
    WalletFormat.WALLETCONNECT: "Qubic Signed Message:\n",
    WalletFormat.DEVNET: "QUBIX devnet sign-in:\n",
}


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a challenge's message says."""

    domain: str
    address: str
    nonce: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Claim:
    """What a message that was sent back says of itself; None where it does not say."""

    domain: str | None
    nonce: str | None


def compose(terms: Terms) -> str:
    """The exact text to sign. Times are UTC, to the second."""
    return _TEXT.format(
        domain=terms.domain,
        address=terms.address,
        nonce=terms.nonce,
        issued_at=_moment(terms.issued_at),
        expires_at=_moment(terms.expires_at),
    )


def read(message: str) -> Claim:
    """What a message claims: its domain and its nonce."""
    domain, nonce = _DOMAIN.search(message), _NONCE.search(message)
    return Claim(domain=domain.group(1) if domain else None, nonce=nonce.group(1) if nonce else None)


def is_sign_in(message: str, *, domain: str, address: str) -> bool:
    """Whether a message opens as a sign-in of a wallet to a domain.

    The bytes of a transaction open with its payer's public key instead, so what does open so can never be a payment.
    """
    return message.startswith(_OPENING.format(domain=domain, address=address))


def digest(message: str, wallet_format: WalletFormat) -> bytes:
    """The 32 bytes that a wallet of this format signs for a message."""
    return k12((_PREFIXES[wallet_format] + message).encode())


def read_signature(spelled: str, wallet_format: WalletFormat) -> bytes:
    """The bytes of a signature: base64 of WalletConnect, hexadecimal of the others. None at all where it is neither."""
    try:
        if wallet_format is WalletFormat.WALLETCONNECT:
            return base64.b64decode(spelled, validate=True)
        return bytes.fromhex(spelled)
    except (ValueError, binascii.Error):
        return b""


def spell_signature(signature: bytes, wallet_format: WalletFormat) -> str:
    """A signature as a wallet of this format hands it over."""
    if wallet_format is WalletFormat.WALLETCONNECT:
        return base64.b64encode(signature).decode()
    return signature.hex()


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
