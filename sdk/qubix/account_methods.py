"""What both clients do about wallets, sessions and API keys."""

from collections.abc import Iterable
from uuid import UUID

from qubix import account_endpoints, endpoints
from qubix.calls import Page
from qubix.driver import AsyncDriver, Driver
from qubix.errors import NotFound
from qubix.requests import built
from qubix.schemas.accounts import ALL_SCOPES, ApiKey, ApiKeyCreate, NewApiKey, User
from qubix.schemas.states import Scope, WalletFormat
from qubix.schemas.wallets import (
    Challenge,
    ChallengeRequest,
    ConnectRequest,
    NewSignInLink,
    WalletBalance,
    WalletConnected,
    WalletSession,
)


class AccountMethods:
    """Of the synchronous client."""

    _driver: Driver

    def challenge(self, address: str) -> Challenge:
        """Something for a wallet to sign, good for one sign-in within five minutes.

        Raises:
            InvalidRequest: the address is none that somebody can hold.
        """
        return self._driver.send(account_endpoints.challenge(_challenge_request(address)))

    def connect(
        self,
        address: str,
        *,
        message: str,
        signature: str,
        wallet_format: WalletFormat = WalletFormat.EXTENSION,
        join: bool = False,
    ) -> WalletConnected:
        """Sign in with a signed challenge. The answer's `session.token` serves as an API key from then on.

        Args:
            address: the wallet's identity.
            message: the challenge's message, unchanged.
            signature: of the message, spelled as the wallet gave it.
            wallet_format: how it was signed.
            join: make it the wallet of the account whose API key is in use.

        Raises:
            NotAuthenticated: the signature does not prove the address.
            Conflict: the account has another wallet, or the wallet another account.
        """
        request = _connect_request(
            address, message=message, signature=signature, wallet_format=wallet_format, join=join
        )
        return self._driver.send(account_endpoints.connect(request))

    def sign_in_link(self) -> NewSignInLink:
        """A link that opens the console signed in as you, once within 15 minutes.

        Raises:
            NotAllowed: the key in use was made for less than everything.
        """
        return self._driver.send(account_endpoints.sign_in_link())

    def sign_out(self) -> WalletSession:
        """End the session in use.

        Raises:
            InvalidRequest: an API key is in use, not a session.
        """
        return self._driver.send(account_endpoints.sign_out())

    def wallet_balance(self, address: str | None = None) -> WalletBalance:
        """What a wallet's holder has here and on the chain, QU; of your own wallet where none is named.

        Raises:
            NotFound: you have no wallet.
            NotAllowed: the wallet is somebody else's.
        """
        return self._driver.send(
            account_endpoints.wallet_balance(address or _address_of(self._driver.send(endpoints.me())))
        )

    def sessions(self) -> Page[WalletSession]:
        """Your sessions, without their tokens."""
        return self._driver.send(account_endpoints.sessions())

    def end_session(self, session_id: UUID | str) -> WalletSession:
        """End one of your sessions for good."""
        return self._driver.send(account_endpoints.end_session(session_id))

    def keys(self) -> Page[ApiKey]:
        """Your API keys, without their secrets."""
        return self._driver.send(account_endpoints.keys())

    def create_key(
        self, name: str, *, scopes: Iterable[Scope] = ALL_SCOPES, expires_in_seconds: int | None = None
    ) -> NewApiKey:
        """Make an API key, which is shown here only.

        Args:
            name: to know it by.
            scopes: what it may be used for; none that the key or session in use lacks.
            expires_in_seconds: for how long; for good where it is left out.

        Raises:
            NotAllowed: the key in use lacks one of the scopes.
        """
        return self._driver.send(account_endpoints.create_key(_key_request(name, scopes, expires_in_seconds)))

    def revoke_key(self, key_id: UUID | str) -> ApiKey:
        """Revoke one of your API keys for good."""
        return self._driver.send(account_endpoints.revoke_key(key_id))


class AsyncAccountMethods:
    """Of the asynchronous client."""

    _driver: AsyncDriver

    async def challenge(self, address: str) -> Challenge:
        """Something for a wallet to sign, good for one sign-in within five minutes.

        Raises:
            InvalidRequest: the address is none that somebody can hold.
        """
        return await self._driver.send(account_endpoints.challenge(_challenge_request(address)))

    async def connect(
        self,
        address: str,
        *,
        message: str,
        signature: str,
        wallet_format: WalletFormat = WalletFormat.EXTENSION,
        join: bool = False,
    ) -> WalletConnected:
        """Sign in with a signed challenge. The answer's `session.token` serves as an API key from then on.

        Args:
            address: the wallet's identity.
            message: the challenge's message, unchanged.
            signature: of the message, spelled as the wallet gave it.
            wallet_format: how it was signed.
            join: make it the wallet of the account whose API key is in use.

        Raises:
            NotAuthenticated: the signature does not prove the address.
            Conflict: the account has another wallet, or the wallet another account.
        """
        request = _connect_request(
            address, message=message, signature=signature, wallet_format=wallet_format, join=join
        )
        return await self._driver.send(account_endpoints.connect(request))

    async def sign_in_link(self) -> NewSignInLink:
        """A link that opens the console signed in as you, once within 15 minutes.

        Raises:
            NotAllowed: the key in use was made for less than everything.
        """
        return await self._driver.send(account_endpoints.sign_in_link())

    async def sign_out(self) -> WalletSession:
        """End the session in use.

        Raises:
            InvalidRequest: an API key is in use, not a session.
        """
        return await self._driver.send(account_endpoints.sign_out())

    async def wallet_balance(self, address: str | None = None) -> WalletBalance:
        """What a wallet's holder has here and on the chain, QU; of your own wallet where none is named.

        Raises:
            NotFound: you have no wallet.
            NotAllowed: the wallet is somebody else's.
        """
        known = address or _address_of(await self._driver.send(endpoints.me()))
        return await self._driver.send(account_endpoints.wallet_balance(known))

    async def sessions(self) -> Page[WalletSession]:
        """Your sessions, without their tokens."""
        return await self._driver.send(account_endpoints.sessions())

    async def end_session(self, session_id: UUID | str) -> WalletSession:
        """End one of your sessions for good."""
        return await self._driver.send(account_endpoints.end_session(session_id))

    async def keys(self) -> Page[ApiKey]:
        """Your API keys, without their secrets."""
        return await self._driver.send(account_endpoints.keys())

    async def create_key(
        self, name: str, *, scopes: Iterable[Scope] = ALL_SCOPES, expires_in_seconds: int | None = None
    ) -> NewApiKey:
        """Make an API key, which is shown here only.

        Args:
            name: to know it by.
            scopes: what it may be used for; none that the key or session in use lacks.
            expires_in_seconds: for how long; for good where it is left out.

        Raises:
            NotAllowed: the key in use lacks one of the scopes.
        """
        return await self._driver.send(account_endpoints.create_key(_key_request(name, scopes, expires_in_seconds)))

    async def revoke_key(self, key_id: UUID | str) -> ApiKey:
        """Revoke one of your API keys for good."""
        return await self._driver.send(account_endpoints.revoke_key(key_id))


def _challenge_request(address: str) -> ChallengeRequest:
    return built(ChallengeRequest, "Asking for something to sign", qubic_address=address)


def _connect_request(
    address: str, *, message: str, signature: str, wallet_format: WalletFormat, join: bool
) -> ConnectRequest:
    return built(
        ConnectRequest,
        "Signing in with a wallet",
        qubic_address=address,
        message=message,
        signature=signature,
        format=wallet_format,
        join=join,
    )


def _key_request(name: str, scopes: Iterable[Scope], expires_in_seconds: int | None) -> ApiKeyCreate:
    asked = f"Making the API key {name!r}"
    return built(ApiKeyCreate, asked, name=name, scopes=list(scopes), expires_in_seconds=expires_in_seconds)


def _address_of(user: User) -> str:
    if user.qubic_address is None:
        raise NotFound(
            asked="Asking for your wallet's balance",
            obstacle="your account has no wallet",
            remedy="Sign in with one: `qubix login`.",
        )
    return user.qubic_address
