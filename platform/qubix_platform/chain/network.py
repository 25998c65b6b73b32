"""What the platform asks of a chain. `QubicRpc` is one; a test may play another."""

from typing import Protocol

from qubix_platform.qubic.rpc import Balance, ChainTransaction, LastProcessedTick, TickInfo, TransactionPage


class Network(Protocol):
    """A server of the network; see `QubicRpc` for what each call raises."""

    async def tick_info(self) -> TickInfo:
        """Where the chain is."""

    async def last_processed_tick(self) -> LastProcessedTick:
        """How far the archive has come."""

    async def balance(self, identity: str) -> Balance:
        """What an identity holds."""

    async def broadcast(self, raw: bytes) -> str:
        """Hand a signed transaction to the network; its id."""

    async def transactions_for_tick(self, tick: int) -> tuple[ChainTransaction, ...]:
        """Every transaction that ran in a processed tick."""

    async def transactions_for_identity(
        self, identity: str, *, first_tick: int = 0, last_tick: int | None = None, offset: int = 0, size: int = 100
    ) -> TransactionPage:
        """One page of what an identity sent or received."""
