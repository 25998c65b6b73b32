"""The endpoints of wallets, sessions and API keys, as calls. No I/O."""

from urllib.parse import quote
from uuid import UUID

from qubix.calls import Call, Page, body_of, one, several
from qubix.schemas.accounts import ApiKey, ApiKeyCreate, NewApiKey
from qubix.schemas.wallets import (
    Challenge,
    ChallengeRequest,
    ConnectRequest,
    NewSignInLink,
    WalletBalance,
    WalletConnected,
    WalletSession,
)

_KEYS = "/api/users/me/keys"
_SESSIONS = "/api/users/me/sessions"


def challenge(request: ChallengeRequest) -> Call[Challenge]:
    """Something for a wallet to sign."""
    return Call(
        asked=f"Asking for something to sign for {request.qubic_address}",
        method="POST",
        path="/api/wallet/challenge",
        parse=one(Challenge),
        repeatable=True,
        **body_of(request),
    )


def connect(request: ConnectRequest) -> Call[WalletConnected]:
    """Sign in with a signed challenge, which is good once."""
    return Call(
        asked=f"Signing in as {request.qubic_address}",
        method="POST",
        path="/api/wallet/connect",
        parse=one(WalletConnected),
        **body_of(request),
    )


def sign_in_link() -> Call[NewSignInLink]:
    """A link that opens the console signed in."""
    return Call(asked="Making a signed-in link", method="POST", path="/api/wallet/links", parse=one(NewSignInLink))


def sign_out() -> Call[WalletSession]:
    """End the session that the call is made with."""
    return Call(asked="Signing out", method="DELETE", path="/api/wallet/session", parse=one(WalletSession))


def wallet_balance(address: str) -> Call[WalletBalance]:
    """What a wallet's holder has."""
    path = f"/api/wallet/{quote(address, safe='')}/balance"
    return Call(asked=f"Asking for the balance of {address}", method="GET", path=path, parse=one(WalletBalance))


def sessions() -> Call[Page[WalletSession]]:
    """The caller's sessions."""
    return Call(asked="Listing your sessions", method="GET", path=_SESSIONS, parse=several(WalletSession))


def end_session(session_id: UUID | str) -> Call[WalletSession]:
    """End a session for good."""
    path = f"{_SESSIONS}/{quote(str(session_id), safe='')}"
    return Call(asked=f"Ending session {session_id}", method="DELETE", path=path, parse=one(WalletSession))


def keys() -> Call[Page[ApiKey]]:
    """The caller's API keys."""
    return Call(asked="Listing your API keys", method="GET", path=_KEYS, parse=several(ApiKey))


def create_key(request: ApiKeyCreate) -> Call[NewApiKey]:
    """A fresh API key."""
    return Call(
        asked=f"Making the API key {request.name!r}",
        method="POST",
        path=_KEYS,
        parse=one(NewApiKey),
        **body_of(request),
    )


def revoke_key(key_id: UUID | str) -> Call[ApiKey]:
    """Revoke an API key for good."""
    path = f"{_KEYS}/{quote(str(key_id), safe='')}"
    return Call(asked=f"Revoking API key {key_id}", method="DELETE", path=path, parse=one(ApiKey))
