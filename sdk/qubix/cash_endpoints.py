"""The endpoints of deposits, withdrawals and escrows, as calls. No I/O."""

from uuid import UUID

from qubix.calls import Call, Page, body_of, one, several
from qubix.schemas.base import WireModel
from qubix.schemas.chain import (
    Deposit,
    DepositAddress,
    Escrow,
    EscrowLock,
    EscrowRef,
    SignedTransaction,
    Withdrawal,
    WithdrawalCreate,
)

_WALLET = "/api/wallet"
_ESCROW = "/api/qubic/escrow"


def deposit_address() -> Call[DepositAddress]:
    """The identity that the caller's deposits go to."""
    return Call(
        asked="Asking for your deposit address",
        method="POST",
        path=f"{_WALLET}/deposit-address",
        parse=one(DepositAddress),
        repeatable=True,
    )


def deposits(*, limit: int, offset: int = 0) -> Call[Page[Deposit]]:
    """The caller's deposits, newest first."""
    query = (("limit", str(limit)), ("offset", str(offset)))
    return Call(
        asked="Listing your deposits",
        method="GET",
        path=f"{_WALLET}/deposits",
        query=query,
        parse=several(Deposit),
    )


def withdraw(request: WithdrawalCreate, *, idempotency_key: str) -> Call[Withdrawal]:
    """Send QU to an identity, once."""
    return Call(
        asked=f"Withdrawing {request.amount} QU to {request.address}",
        method="POST",
        path=f"{_WALLET}/withdraw",
        parse=one(Withdrawal),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )


def withdrawals(*, limit: int, offset: int = 0) -> Call[Page[Withdrawal]]:
    """The caller's withdrawals, newest first."""
    query = (("limit", str(limit)), ("offset", str(offset)))
    return Call(
        asked="Listing your withdrawals",
        method="GET",
        path=f"{_WALLET}/withdrawals",
        query=query,
        parse=several(Withdrawal),
    )


def withdrawal(withdrawal_id: UUID | str) -> Call[Withdrawal]:
    """How a withdrawal stands."""
    return Call(
        asked=f"Looking at withdrawal {withdrawal_id}",
        method="GET",
        path=f"{_WALLET}/withdrawals/{withdrawal_id}",
        parse=one(Withdrawal),
    )


def lock_escrow(request: EscrowLock, *, idempotency_key: str) -> Call[Escrow]:
    """Set money aside for a job, once."""
    return Call(
        asked=f"Locking {request.amount} QU for a job",
        method="POST",
        path=f"{_ESCROW}/lock",
        parse=one(Escrow),
        **body_of(request, {"Idempotency-Key": idempotency_key}),
    )


def escrow(escrow_id: UUID | str) -> Call[Escrow]:
    """How an escrow stands."""
    return Call(asked=f"Looking at escrow {escrow_id}", method="GET", path=f"{_ESCROW}/{escrow_id}", parse=one(Escrow))


def pay_escrow(escrow_id: UUID | str, signed: SignedTransaction) -> Call[Escrow]:
    """Have a signed transfer to an escrow broadcast. The same one again is the same payment."""
    return Call(
        asked=f"Paying escrow {escrow_id}",
        method="POST",
        path=f"{_ESCROW}/{escrow_id}/transaction",
        parse=one(Escrow),
        repeatable=True,
        **body_of(signed),
    )


def refund_escrow(escrow_id: UUID) -> Call[Escrow]:
    """Give an escrow back that no job uses."""
    return _on_escrow("refund", "Refunding", EscrowRef(escrow_id=escrow_id))


def release_escrow(escrow_id: UUID) -> Call[Escrow]:
    """How the release stands that a job's end has decided."""
    return _on_escrow("release", "Releasing", EscrowRef(escrow_id=escrow_id))


def _on_escrow(verb: str, doing: str, ref: WireModel) -> Call[Escrow]:
    return Call(
        asked=f"{doing} an escrow",
        method="POST",
        path=f"{_ESCROW}/{verb}",
        parse=one(Escrow),
        repeatable=True,
        **body_of(ref),
    )
