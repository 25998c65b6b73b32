"""A wallet of the development chain, as the demo's people hold one: it signs in, pays, and signs what it is shown."""

import asyncio
import base64
from typing import Final

from qubix.client import Client
from qubix.qubic import identity, keys, schnorrq
from qubix.qubic.transaction import Transaction
from qubix.schemas.states import WalletFormat
from qubix.schemas.wallets import WalletConnected
from qubix.wallets import seeds
from qubix.wallets.message import digest, spell_signature
from qubix_platform.qubic.rpc import QubicRpc

_TICKS_AHEAD: Final = 10


class DevnetWallet:
    """One of the wallets that a devnet gives money to from the start.

    Args:
        number: which one, 0 to 25.
        chain_url: the devnet.
    """

    def __init__(self, number: int, *, chain_url: str) -> None:
        self._keys: Final = keys.derive(seeds.funded(number))
        self._chain_url: Final = chain_url

    @property
    def identity(self) -> str:
        """Its address."""
        return self._keys.identity

    def balance(self) -> int:
        """What it holds on the chain, QU."""

        async def ask() -> int:
            async with QubicRpc(self._chain_url) as chain:
                return (await chain.balance(self.identity)).balance

        return asyncio.run(ask())

    def pay(self, address: str, amount: int) -> str:
        """Sign a transfer and broadcast it; its id."""

        async def send() -> str:
            async with QubicRpc(self._chain_url) as chain:
                tick = (await chain.tick_info()).tick + _TICKS_AHEAD
                unsigned = Transaction(
                    source=self._keys.public_key, destination=identity.decode(address), amount=amount, tick=tick
                )
                return await chain.broadcast(unsigned.signed(subseed=self._keys.subseed).encode())

        return asyncio.run(send())

    def payload_of(self, transaction_id: str) -> str | None:
        """What a transaction on the chain carries, hexadecimal; None where there is no such one."""

        async def look() -> str | None:
            async with QubicRpc(self._chain_url) as chain:
                found = await chain.transaction(transaction_id)
                return None if found is None else found.transaction.payload.hex()

        return asyncio.run(look())

    def sign(self, encoded: str) -> bytes:
        """Sign a transaction that somebody else composed, base64."""
        return Transaction.decode_unsigned(base64.b64decode(encoded)).signed(subseed=self._keys.subseed).encode()

    def connect(self, client: Client, *, join: bool = False, as_address: str | None = None) -> WalletConnected:
        """Sign in.

        Args:
            client: of the platform.
            join: become the wallet of the client's account.
            as_address: claim to be another wallet.

        Raises:
            NotAuthenticated: the platform does not believe it.
        """
        address = as_address or self.identity
        message = client.challenge(address).message
        signature = schnorrq.sign(subseed=self._keys.subseed, digest=digest(message, WalletFormat.DEVNET))
        return client.connect(
            address,
            message=message,
            signature=spell_signature(signature, WalletFormat.DEVNET),
            wallet_format=WalletFormat.DEVNET,
            join=join,
        )
