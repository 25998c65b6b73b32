"""What both clients do about deposits, withdrawals and escrows."""

import base64
from uuid import UUID, uuid4

from qubix import cash_endpoints
from qubix.calls import Page
from qubix.driver import AsyncDriver, Driver
from qubix.requests import built
from qubix.schemas.chain import (
    Deposit,
    DepositAddress,
    Escrow,
    EscrowLock,
    EscrowSource,
    SignedTransaction,
    Withdrawal,
    WithdrawalCreate,
)


class CashMethods:
    """Of the synchronous client."""

    _driver: Driver

    def deposit_address(self) -> DepositAddress:
        """The identity that your deposits go to; the same one every time."""
        return self._driver.send(cash_endpoints.deposit_address())

    def deposits(self, *, limit: int = 50, offset: int = 0) -> Page[Deposit]:
        """Your deposits with their confirmations, newest first."""
        return self._driver.send(cash_endpoints.deposits(limit=limit, offset=offset))

    def withdraw(self, address: str, amount: int, *, idempotency_key: str | None = None) -> Withdrawal:
        """Send QU from your balance to an identity on the chain.

        Args:
            address: the identity, 60 capital letters.
            amount: whole QU.
            idempotency_key: the same one sends once; a fresh one where none is given.

        Raises:
            InsufficientFunds: the available balance does not cover it.
            InvalidRequest: nobody holds the key of the address.
        """
        return self._driver.send(
            cash_endpoints.withdraw(_withdrawal(address, amount), idempotency_key=idempotency_key or str(uuid4()))
        )

    def withdrawals(self, *, limit: int = 50, offset: int = 0) -> Page[Withdrawal]:
        """Your withdrawals, newest first."""
        return self._driver.send(cash_endpoints.withdrawals(limit=limit, offset=offset))

    def withdrawal(self, withdrawal_id: UUID | str) -> Withdrawal:
        """How a withdrawal of yours stands."""
        return self._driver.send(cash_endpoints.withdrawal(withdrawal_id))

    def lock_escrow(
        self, amount: int, *, source: EscrowSource = EscrowSource.BALANCE, idempotency_key: str | None = None
    ) -> Escrow:
        """Set money aside for a job that is created afterwards with the answer's `escrow_id`.

        Args:
            amount: whole QU.
            source: the balance, at once; or a transfer from your wallet, which signs what the answer holds.
            idempotency_key: the same one locks once; a fresh one where none is given.

        Raises:
            InsufficientFunds: the available balance does not cover it.
            Conflict: a transfer is to pay for it and you have no wallet.
        """
        return self._driver.send(
            cash_endpoints.lock_escrow(_lock(amount, source), idempotency_key=idempotency_key or str(uuid4()))
        )

    def escrow(self, escrow_id: UUID | str) -> Escrow:
        """How an escrow of yours stands, with a fresh transaction to sign while it awaits one."""
        return self._driver.send(cash_endpoints.escrow(escrow_id))

    def pay_escrow(self, escrow_id: UUID | str, signed: bytes) -> Escrow:
        """Have the transfer broadcast that your wallet signed: the transaction's bytes with their signature.

        Raises:
            InvalidRequest: it is not the transfer that the escrow awaits, or its tick is over.
        """
        return self._driver.send(cash_endpoints.pay_escrow(escrow_id, _signed(signed)))

    def refund_escrow(self, escrow_id: UUID) -> Escrow:
        """Give an escrow back that no job uses.

        Raises:
            Conflict: a job uses it, whose end decides.
        """
        return self._driver.send(cash_endpoints.refund_escrow(escrow_id))

    def release_escrow(self, escrow_id: UUID) -> Escrow:
        """How the release stands that your job's end has decided; it is carried out by itself.

        Raises:
            Conflict: there is no settlement to carry out.
        """
        return self._driver.send(cash_endpoints.release_escrow(escrow_id))


class AsyncCashMethods:
    """Of the asynchronous client."""

    _driver: AsyncDriver

    async def deposit_address(self) -> DepositAddress:
        """The identity that your deposits go to; the same one every time."""
        return await self._driver.send(cash_endpoints.deposit_address())

    async def deposits(self, *, limit: int = 50, offset: int = 0) -> Page[Deposit]:
        """Your deposits with their confirmations, newest first."""
        return await self._driver.send(cash_endpoints.deposits(limit=limit, offset=offset))

    async def withdraw(self, address: str, amount: int, *, idempotency_key: str | None = None) -> Withdrawal:
        """Send QU from your balance to an identity on the chain.

        Args:
            address: the identity, 60 capital letters.
            amount: whole QU.
            idempotency_key: the same one sends once; a fresh one where none is given.

        Raises:
            InsufficientFunds: the available balance does not cover it.
            InvalidRequest: nobody holds the key of the address.
        """
        return await self._driver.send(
            cash_endpoints.withdraw(_withdrawal(address, amount), idempotency_key=idempotency_key or str(uuid4()))
        )

    async def withdrawals(self, *, limit: int = 50, offset: int = 0) -> Page[Withdrawal]:
        """Your withdrawals, newest first."""
        return await self._driver.send(cash_endpoints.withdrawals(limit=limit, offset=offset))

    async def withdrawal(self, withdrawal_id: UUID | str) -> Withdrawal:
        """How a withdrawal of yours stands."""
        return await self._driver.send(cash_endpoints.withdrawal(withdrawal_id))

    async def lock_escrow(
        self, amount: int, *, source: EscrowSource = EscrowSource.BALANCE, idempotency_key: str | None = None
    ) -> Escrow:
        """Set money aside for a job that is created afterwards with the answer's `escrow_id`.

        Args:
            amount: whole QU.
            source: the balance, at once; or a transfer from your wallet, which signs what the answer holds.
            idempotency_key: the same one locks once; a fresh one where none is given.

        Raises:
            InsufficientFunds: the available balance does not cover it.
            Conflict: a transfer is to pay for it and you have no wallet.
        """
        return await self._driver.send(
            cash_endpoints.lock_escrow(_lock(amount, source), idempotency_key=idempotency_key or str(uuid4()))
        )

    async def escrow(self, escrow_id: UUID | str) -> Escrow:
        """How an escrow of yours stands, with a fresh transaction to sign while it awaits one."""
        return await self._driver.send(cash_endpoints.escrow(escrow_id))

    async def pay_escrow(self, escrow_id: UUID | str, signed: bytes) -> Escrow:
        """Have the transfer broadcast that your wallet signed: the transaction's bytes with their signature.

        Raises:
            InvalidRequest: it is not the transfer that the escrow awaits, or its tick is over.
        """
        return await self._driver.send(cash_endpoints.pay_escrow(escrow_id, _signed(signed)))

    async def refund_escrow(self, escrow_id: UUID) -> Escrow:
        """Give an escrow back that no job uses.

        Raises:
            Conflict: a job uses it, whose end decides.
        """
        return await self._driver.send(cash_endpoints.refund_escrow(escrow_id))

    async def release_escrow(self, escrow_id: UUID) -> Escrow:
        """How the release stands that your job's end has decided; it is carried out by itself.

        Raises:
            Conflict: there is no settlement to carry out.
        """
        return await self._driver.send(cash_endpoints.release_escrow(escrow_id))


def _withdrawal(address: str, amount: int) -> WithdrawalCreate:
    return built(WithdrawalCreate, "Withdrawing", address=address, amount=amount)


def _lock(amount: int, source: EscrowSource) -> EscrowLock:
    return built(EscrowLock, "Locking an escrow", amount=amount, source=source)


def _signed(transaction: bytes) -> SignedTransaction:
    encoded = base64.b64encode(transaction).decode()
    return built(SignedTransaction, "Paying an escrow", encoded=encoded)
