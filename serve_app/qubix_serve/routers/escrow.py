"""Escrows that are locked before their job is created, from the balance or by a transfer on the Qubic chain."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, status

from qubix.schemas.chain import Escrow, EscrowLock, EscrowRef, SignedTransaction
from qubix.schemas.states import Scope
from qubix_platform.chain.escrows import payments, service
from qubix_platform.chain.escrows.errors import SignedTransactionRefused
from qubix_serve.dependencies import Context, IdempotencyKey, MoneyUser, ReadUser, Session, Token, user_caller

router = APIRouter(prefix="/api/qubic/escrow", tags=["escrow"])

EscrowId = Annotated[UUID, Path(description="The escrow's id.")]


@router.post("/lock", status_code=status.HTTP_201_CREATED)
async def lock_escrow(
    request: EscrowLock,
    session: Session,
    caller: MoneyUser,
    idempotency_key: IdempotencyKey = None,
) -> Escrow:
    """Set money aside for a job: from the balance at once, or by a transfer to the address in the answer.

    A transfer has to come from the caller's own wallet, within half an hour, and is LOCKED with its third confirmation.
    Too little is refunded when the time is over; what comes too late, twice or from another address goes straight back.
    """
    locked = await service.lock(session, caller=caller, wanted=request, idempotency_key=idempotency_key)
    return await payments.view(session, locked)


@router.post("/release")
async def release_escrow(request: EscrowRef, session: Session, caller: MoneyUser) -> Escrow:
    """How the release stands that the job's end has decided. It is carried out by itself, once."""
    released = await service.release(session, user_id=caller.user_id, escrow_id=request.escrow_id)
    return await payments.view(session, released)


@router.post("/refund")
async def refund_escrow(request: EscrowRef, session: Session, caller: MoneyUser) -> Escrow:
    """Give an escrow back that no job uses. Again, it answers how it stands."""
    refunded = await service.refund(session, user_id=caller.user_id, escrow_id=request.escrow_id)
    return await payments.view(session, refunded)


@router.get("/{escrow_id}")
async def get_escrow(escrow_id: EscrowId, session: Session, caller: ReadUser) -> Escrow:
    """An escrow of the caller's with its payments, and a fresh transaction to sign while it awaits one."""
    found = await service.get(session, user_id=caller.user_id, escrow_id=escrow_id)
    return await payments.view(session, found)


@router.post("/{escrow_id}/transaction", status_code=status.HTTP_202_ACCEPTED)
async def pay_escrow(escrow_id: EscrowId, request: SignedTransaction, context: Context, token: Token) -> Escrow:
    """Have the caller's signed transfer broadcast. Its confirmations come as events, and stand in the escrow."""
    async with context.database.transaction() as session:
        caller = await user_caller(session, context, token)
    caller.require(Scope.MONEY)
    signed = payments.read_signed(request.encoded)
    # No transaction is open while the signature is checked: many may wait for their turn.
    flaw = await context.verifier.flaw(public_key=signed.source, digest=signed.digest(), signature=signed.signature)
    if flaw is not None:
        raise SignedTransactionRefused(
            asked="Relaying a payment to an escrow",
            obstacle="its signature is not its source's",
            remedy="Sign the unsignedTransaction that the escrow shows now, with the wallet that it names.",
        )
    async with context.database.transaction() as session:
        escrow = await payments.relay(session, user_id=caller.user_id, escrow_id=escrow_id, signed=signed)
        return await payments.view(session, escrow)
