"""Wallets for tests: they sign what the platform asks them to, or something else."""

from dataclasses import dataclass
from typing import Any

import httpx

from qubix.qubic import keys, schnorrq
from qubix.qubic.hashing import k12
from qubix.qubic.keys import Keys
from qubix.schemas.states import WalletFormat
from qubix.wallets.message import digest, spell_signature


@dataclass(frozen=True)
class TestWallet:
    """A wallet with keys of its own."""

    __test__ = False

    keys: Keys
    format: WalletFormat = WalletFormat.EXTENSION

    @classmethod
    def of(cls, name: str, wallet_format: WalletFormat = WalletFormat.EXTENSION) -> "TestWallet":
        """The wallet of a name, always the same."""
        return cls(keys.from_subseed(k12(name.encode())), wallet_format)

    @property
    def address(self) -> str:
        """Its identity."""
        return self.keys.identity

    def sign(self, message: str) -> str:
        """Sign a message as wallets of this format do."""
        signature = schnorrq.sign(subseed=self.keys.subseed, digest=digest(message, self.format))
        return spell_signature(signature, self.format)

    async def challenge(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """Ask for something to sign."""
        response = await client.post("/api/wallet/challenge", json={"qubicAddress": self.address})
        assert response.status_code == 201, response.text
        asked: dict[str, Any] = response.json()
        return asked

    def answer(self, message: str, /, **changes: object) -> dict[str, object]:
        """The request that signs in with a message."""
        request = {"qubicAddress": self.address, "signature": self.sign(message), "format": self.format.value}
        return request | {"message": message} | changes

    async def connect(self, client: httpx.AsyncClient, *, join: bool = False) -> dict[str, Any]:
        """Sign in; what the platform answers."""
        asked = await self.challenge(client)
        response = await client.post("/api/wallet/connect", json=self.answer(asked["message"], join=join))
        assert response.status_code == 200, response.text
        connected: dict[str, Any] = response.json()
        return connected
