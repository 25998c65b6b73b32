"""Bearer tokens. The prefix tells the kind, so that one shown in the wrong place gets a clear answer.

Those of API keys, sessions, machines that join, workers and signed-in links are random (256 bits) and stored as SHA-256
only. An attempt's token is derived from the platform's secret and the attempt's id, so that any replica can hand it out
again to a machine that asks twice, and it stands nowhere in the database.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from qubix_platform.auth.errors import UnknownToken


class TokenKind(StrEnum):
    """What a token is for; the value is its prefix."""

    API_KEY = "qbx_key_"
    SESSION = "qbx_ses_"
    JOIN = "qbx_join_"
    WORKER = "qbx_wrk_"
    ATTEMPT = "qbx_att_"
    LINK = "qbx_link_"

    @property
    def in_words(self) -> str:
        """The kind in words."""
        return _IN_WORDS[self]


_IN_WORDS: Final = {
    TokenKind.API_KEY: "an API key",
    TokenKind.SESSION: "a session",
    TokenKind.JOIN: "a join token",
    TokenKind.WORKER: "a worker token",
    TokenKind.ATTEMPT: "an attempt token",
    TokenKind.LINK: "the token of a signed-in link",
}
USER_TOKENS: Final = (TokenKind.API_KEY, TokenKind.SESSION)
"""What stands for a user."""

_RANDOM_BYTES: Final = 32
_SHOWN_CHARACTERS: Final = 14
_UUID_CHARACTERS: Final = 32


@dataclass(frozen=True)
class NewToken:
    """A fresh token: `plain` is shown to its holder once, `digest` is stored."""

    plain: str
    digest: bytes

    @property
    def shown(self) -> str:
        """The beginning, by which its owner recognises it in a list."""
        return self.plain[:_SHOWN_CHARACTERS]

    def __repr__(self) -> str:
        return f"NewToken({self.shown}…)"


def new_token(kind: TokenKind) -> NewToken:
    """A random token of a kind that is stored as a digest."""
    plain = kind.value + secrets.token_urlsafe(_RANDOM_BYTES)
    return NewToken(plain=plain, digest=digest(plain))


def digest(plain: str) -> bytes:
    """What is stored of a token. A fast hash is enough: the token itself has 256 bits of entropy."""
    return hashlib.sha256(plain.encode()).digest()


def kind_of(plain: str) -> TokenKind:
    """The kind of a token, by its prefix.

    Raises:
        UnknownToken: it has no prefix of ours.
    """
    for kind in TokenKind:
        if plain.startswith(kind.value):
            return kind
    raise UnknownToken(
        asked="Signing in",
        obstacle="the token is none of ours",
        remedy="Send an API key as 'Authorization: Bearer qbx_key_…'; `qubix up` prints one.",
    )


def attempt_token(*, secret: bytes, attempt_id: UUID) -> str:
    """The token that an attempt's runner reports with."""
    return f"{TokenKind.ATTEMPT.value}{attempt_id.hex}_{_signature(secret=secret, attempt_id=attempt_id)}"


def read_attempt_token(plain: str, *, secret: bytes) -> UUID:
    """The attempt that a token speaks for.

    Raises:
        UnknownToken: it was not made with this platform's secret.
    """
    body = plain.removeprefix(TokenKind.ATTEMPT.value)
    try:
        attempt_id = UUID(hex=body[:_UUID_CHARACTERS])
    except ValueError:
        raise _forged() from None
    # The whole token is compared, since UUID reads other spellings of the same id as well.
    if not hmac.compare_digest(plain.encode(), attempt_token(secret=secret, attempt_id=attempt_id).encode()):
        raise _forged()
    return attempt_id


def _signature(*, secret: bytes, attempt_id: UUID) -> str:
    return hmac.new(secret, b"attempt:" + attempt_id.bytes, hashlib.sha256).hexdigest()


def _forged() -> UnknownToken:
    return UnknownToken(
        asked="Reporting on an attempt",
        obstacle="the attempt token was not made by this platform",
        remedy="Use the attemptToken that came with the job.",
    )
