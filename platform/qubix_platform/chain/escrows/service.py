"""Escrows that are locked before there is a job: from the balance at once, or by a transfer from a wallet."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.chain import EscrowLock
from qubix.schemas.states import TransactionType
from qubix_platform.auth.callers import UserCaller
from qubix_platform.chain.addresses.service import assign
from qubix_platform.chain.escrows import repository
from qubix_platform.chain.escrows.errors import (
    EscrowKeyReused,
    EscrowNotFound,
    EscrowNotUsable,
    EscrowTooSmall,
    TooManyEscrows,
    WalletNotConnected,
)
from qubix_platform.chain.escrows.model import Escrow, NewEscrow
from qubix_platform.chain.escrows.returns import give_back
from qubix_platform.chain.escrows.states import EscrowSource, EscrowStatus
from qubix_platform.chain.escrows.transition import EscrowChange, announce, transition
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.spending import service as spending
from qubix_platform.users import repository as users

PAYMENT_LASTS: Final = timedelta(minutes=30)
"""So long a payment is awaited."""
AWAITING_AT_ONCE: Final = 20
"""So many payments of one user are awaited: each takes an address of its own."""
LOCK_LASTS: Final = timedelta(hours=24)
"""So long a locked escrow waits for its job; then it is refunded."""


async def lock(
    session: AsyncSession, *, caller: UserCaller, wanted: EscrowLock, idempotency_key: str | None = None
) -> Escrow:
    """Set money aside for a job to come. A repeated `idempotency_key` gives the escrow that it made.

    Raises:
        BalanceTooLow: it is to come from the balance, which does not cover it.
        WalletNotConnected: it is to come by a transfer, and the user has no wallet to pay from.
        EscrowKeyReused: the key came before with other content.
        TooManyEscrows: too many of the user's escrows await a payment.
        NoAddressFree: see `addresses.service.assign`.
        LimitedKeysMayNot: the caller's API key has spending limits, which a job of another key could pass by with it.
        SpendingLimitReached: it is to come from the balance, and goes beyond a limit that the caller set.
    """
    user_id = caller.user_id
    await spending.require_unlimited(session, caller=caller, asked=f"Locking {wanted.amount} QU in an escrow")
    if idempotency_key is not None:
        known = await repository.by_key(session, user_id=user_id, key=idempotency_key)
        if known is not None:
            return _repeated(known, wanted, idempotency_key)
    escrow_id = uuid4()
    if wanted.source is EscrowSource.BALANCE:
        new = NewEscrow(id=escrow_id, user_id=user_id, source=wanted.source, amount=wanted.amount, lasts=LOCK_LASTS)
    else:
        payer = await _payer(session, user_id)
        if await repository.awaiting(session, user_id) >= AWAITING_AT_ONCE:
            raise TooManyEscrows(
                asked=f"Locking {wanted.amount} QU by a transfer",
                obstacle=f"{AWAITING_AT_ONCE} escrows of yours await their payment already",
                remedy="Pay or refund some of them first.",
            )
        address = await assign(session, purpose=AddressPurpose.ESCROW, owner=escrow_id)
        new = NewEscrow(
            id=escrow_id,
            user_id=user_id,
            source=wanted.source,
            amount=wanted.amount,
            lasts=PAYMENT_LASTS,
            address_id=address.id,
            payer=payer,
        )
    escrow = await repository.insert(session, new, idempotency_key=idempotency_key)
    if escrow is None:
        raise EscrowKeyReused(
            asked="Locking an escrow",
            obstacle="another request with the same Idempotency-Key is being carried out",
            remedy="Repeat the request: it gives the escrow that the other one made.",
        )
    if escrow.status is EscrowStatus.LOCKED:
        await spending.check(session, user_id=user_id, key_id=None, job_total=wanted.amount, added=wanted.amount)
        legs = (
            Leg(Account.wallet(user_id), -wanted.amount, LegCause.ESCROW_LOCK),
            Leg(Account.escrow(escrow_id), wanted.amount, LegCause.ESCROW_LOCK),
        )
        posting = Posting(f"lock:{escrow_id}", TransactionType.ESCROW_LOCK, str(escrow_id), legs)
        await ledger.post(session, posting)
    await announce(session, escrow)
    return escrow


async def get(session: AsyncSession, *, user_id: UUID, escrow_id: UUID) -> Escrow:
    """An escrow of the user's.

    Raises:
        EscrowNotFound: they have none like this.
    """
    escrow = await repository.get(session, escrow_id, user_id=user_id)
    if escrow is None:
        raise _not_found(escrow_id)
    return escrow


async def usable(session: AsyncSession, *, escrow_id: UUID, user_id: UUID, amount: int) -> int:
    """Make sure that a locked escrow can pay for a job, and keep it from changing until the transaction ends.

    Args:
        session: the transaction that creates the job.
        escrow_id: the escrow.
        user_id: whose both are.
        amount: QU that the job needs held.

    Returns:
        QU that the escrow holds, `amount` or more: all of it is the job's hold.

    Raises:
        EscrowNotFound: the user has no such escrow.
        EscrowNotUsable: it is not locked, or another job uses it.
        EscrowTooSmall: it holds less than `amount`.
    """
    escrow = await _locked(session, escrow_id=escrow_id, user_id=user_id)
    if escrow.status is not EscrowStatus.LOCKED:
        raise EscrowNotUsable(
            asked=f"Creating a job with escrow {escrow_id}",
            obstacle=f"the escrow is {escrow.status.value}",
            remedy="Wait until it is LOCKED, or lock another."
            if escrow.status is EscrowStatus.AWAITING
            else "Lock another.",
            details={"status": escrow.status.value},
        )
    if escrow.amount < amount:
        raise EscrowTooSmall(
            asked=f"Creating a job with escrow {escrow_id}",
            obstacle=f"it holds {escrow.amount} QU and the job needs {amount} QU held",
            remedy="Lock another, or lower maxPrice or timeLimitSeconds: the hold is their product.",
            details={"needed": amount, "locked": escrow.amount},
        )
    return escrow.amount


async def attach(session: AsyncSession, *, escrow_id: UUID, user_id: UUID, job_id: UUID, amount: int) -> None:
    """Let a job use a locked escrow. What it holds is the job's hold; no other posting is needed.

    Raises:
        EscrowNotFound, EscrowNotUsable, EscrowTooSmall: see `usable`.
    """
    await usable(session, escrow_id=escrow_id, user_id=user_id, amount=amount)
    change = EscrowChange(expected=EscrowStatus.LOCKED, to=EscrowStatus.USED, job_id=job_id)
    await transition(session, escrow_id=escrow_id, change=change)


async def refund(session: AsyncSession, *, user_id: UUID, escrow_id: UUID) -> Escrow:
    """Give an escrow back that no job uses. Again, it answers how it stands.

    Raises:
        EscrowNotFound: the user has no such escrow.
        EscrowNotUsable: a job uses it, whose end decides; or it was released.
    """
    escrow = await _locked(session, escrow_id=escrow_id, user_id=user_id)
    if escrow.status in (EscrowStatus.REFUNDING, EscrowStatus.REFUNDED):
        return escrow
    if escrow.status not in (EscrowStatus.AWAITING, EscrowStatus.LOCKED):
        raise EscrowNotUsable(
            asked=f"Refunding escrow {escrow_id}",
            obstacle=f"it is {escrow.status.value}: job {escrow.job_id} decides about it",
            remedy="Cancel the job: what it did not use comes back when it ends.",
            details={"status": escrow.status.value},
        )
    return await give_back(session, escrow)


async def release(session: AsyncSession, *, user_id: UUID, escrow_id: UUID) -> Escrow:
    """How the release stands that the job's end has decided; it is carried out by itself, once.

    Raises:
        EscrowNotFound: the user has no such escrow.
        EscrowNotUsable: no settlement was decided yet.
    """
    escrow = await get(session, user_id=user_id, escrow_id=escrow_id)
    if escrow.status in (EscrowStatus.RELEASING, EscrowStatus.RELEASED):
        return escrow
    raise EscrowNotUsable(
        asked=f"Releasing escrow {escrow_id}",
        obstacle=f"it is {escrow.status.value}: there is no settlement to carry out",
        remedy="It is released when its job ends; refund it where no job uses it.",
        details={"status": escrow.status.value},
    )


async def consumer_of(session: AsyncSession, escrow_id: UUID) -> UUID:
    """Whose escrow it is."""
    escrow = await repository.get(session, escrow_id)
    assert escrow is not None, "an address is given to an escrow that is made in the same transaction"
    return escrow.user_id


async def _locked(session: AsyncSession, *, escrow_id: UUID, user_id: UUID) -> Escrow:
    escrow = await repository.lock(session, escrow_id, user_id=user_id)
    if escrow is None:
        raise _not_found(escrow_id)
    return escrow


async def _payer(session: AsyncSession, user_id: UUID) -> str:
    address = await users.address_of(session, user_id)
    if address is None:
        raise WalletNotConnected(
            asked="Locking an escrow by a transfer",
            obstacle="your account has no Qubic address to pay from",
            remedy="Connect your wallet first (`qubix login`), or lock it from your balance.",
        )
    return address


def _repeated(known: Escrow, wanted: EscrowLock, key: str) -> Escrow:
    if (known.amount, known.source) != (wanted.amount, wanted.source):
        raise EscrowKeyReused(
            asked=f"Locking an escrow with the Idempotency-Key {key!r}",
            obstacle="the key came before with another amount or source",
            remedy="Use a new key for a new escrow, or repeat the request as it was.",
        )
    return known


def _not_found(escrow_id: UUID) -> EscrowNotFound:
    return EscrowNotFound(
        asked=f"Looking up escrow {escrow_id}",
        obstacle="you have none with this id",
        remedy="Lock one with POST /api/qubic/escrow/lock.",
    )
