"""Escrows that are locked before there is a job: from the balance at once, or by a transfer from a wallet."""

from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.chain import EscrowLock
from qubix.schemas.states import TransactionType
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.addresses.service import assign, internal
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
from qubix_platform.chain.escrows.settlement import Release, judge, plan
from qubix_platform.chain.escrows.states import EscrowSource, EscrowStatus
from qubix_platform.chain.escrows.transition import EscrowChange, announce, transition
from qubix_platform.chain.model import AddressPurpose, Order, Outlay, Purpose
from qubix_platform.chain.transactions import orders
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.transactions.postings import deposit_key
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting

PAYMENT_LASTS: Final = timedelta(minutes=30)
"""So long a payment is awaited."""
AWAITING_AT_ONCE: Final = 20
"""So many payments of one user are awaited: each takes an address of its own."""
LOCK_LASTS: Final = timedelta(hours=24)
"""So long a locked escrow waits for its job; then it is refunded."""


async def lock(
    session: AsyncSession, *, user_id: UUID, wanted: EscrowLock, idempotency_key: str | None = None
) -> Escrow:
    """Set money aside for a job to come. A repeated `idempotency_key` gives the escrow that it made.

    Raises:
        BalanceTooLow: it is to come from the balance, which does not cover it.
        WalletNotConnected: it is to come by a transfer, and the user has no wallet to pay from.
        EscrowKeyReused: the key came before with other content.
        TooManyEscrows: too many of the user's escrows await a payment.
        NoAddressFree: see `addresses.service.assign`.
    """
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


async def settled(
    session: AsyncSession, *, escrow_id: UUID, provider_user_id: UUID | None, provider_amount: int, refund: int
) -> None:
    """Carry a job's final settlement out on the chain, where its escrow was paid there; right after its posting.

    What the settlement credited to the wallets moves on to the payout. A second call changes nothing.

    Args:
        session: the transaction of the settlement.
        escrow_id: the job's.
        provider_user_id: who earned it; None where nobody did.
        provider_amount: QU that the settlement credited to them.
        refund: QU that it credited to the consumer.
    """
    escrow = await repository.lock(session, escrow_id)
    if escrow is None or escrow.status is not EscrowStatus.USED:
        return
    if escrow.source is EscrowSource.BALANCE:
        change = EscrowChange(expected=EscrowStatus.USED, to=EscrowStatus.RELEASED)
        await transition(session, escrow_id=escrow_id, change=change)
        return
    assert escrow.address_id is not None, "one that is paid by transfer has an address"
    assert escrow.payer is not None, "one that is paid by transfer has a payer"
    hot = await internal(session, AddressPurpose.HOT)
    provider = await repository.address_of(session, provider_user_id) if provider_user_id is not None else None
    paid = plan(
        Release(
            amount=escrow.amount,
            provider=provider,
            provider_amount=provider_amount,
            payer=escrow.payer,
            refund=refund,
            hot=hot.identity,
        )
    )
    change = EscrowChange(
        expected=EscrowStatus.USED,
        to=EscrowStatus.RELEASING,
        provider_user_id=provider_user_id,
        provider_amount=paid.provider_amount,
        refund_amount=paid.refund,
    )
    await transition(session, escrow_id=escrow_id, change=change)
    parts = [(provider_user_id, paid.provider_amount), (escrow.user_id, paid.refund)]
    legs = [Leg(Account.wallet(user), -amount, LegCause.PAYOUT) for user, amount in parts if user and amount]
    if legs:
        owed = paid.provider_amount + paid.refund
        legs.append(Leg(Account.payout(escrow_id), owed, LegCause.PAYOUT))
        posting = Posting(f"payout:{escrow_id}", TransactionType.ESCROW_RELEASE, str(escrow_id), tuple(legs))
        await ledger.post(session, posting)
    source = await addresses.get(session, escrow.address_id)
    for outlays in paid.transactions:
        order = Order(
            purpose=Purpose.PAYOUT, ref=str(escrow_id), user_id=escrow.user_id, source=source, outlays=outlays
        )
        await orders.place(session, order)


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


async def paid_in(session: AsyncSession, payment: Recorded) -> None:
    """A payment to an escrow's address is final: count it, or send it back. None of it is lost."""
    escrow = await repository.lock(session, UUID(payment.ref))
    assert escrow is not None, "the address is this escrow's"
    assert escrow.payer is not None, "one that is paid by transfer has a payer"
    judged = judge(
        status=escrow.status,
        missing=escrow.missing,
        payer=escrow.payer,
        source=payment.source,
        amount=payment.amount,
    )
    legs = [Leg(Account.chain(ChainPlace.ESCROWS), -payment.amount, LegCause.DEPOSIT)]
    if judged.kept:
        legs.append(Leg(Account.escrow(escrow.id), judged.kept, LegCause.ESCROW_LOCK))
    if judged.returned:
        legs.append(Leg(Account.payout(escrow.id), judged.returned, LegCause.PAYOUT))
    posting = Posting(deposit_key(payment), TransactionType.ESCROW_LOCK, str(escrow.id), tuple(legs))
    await ledger.post(session, posting)
    if judged.kept:
        escrow = await repository.pay(session, escrow.id, judged.kept)
        if escrow.missing == 0:
            change = EscrowChange(expected=EscrowStatus.AWAITING, to=EscrowStatus.LOCKED, lasts=LOCK_LASTS)
            await transition(session, escrow_id=escrow.id, change=change)
        else:
            await announce(session, escrow)
    if judged.returned:
        await _send_back(session, escrow, to=payment.source, amount=judged.returned)


async def consumer_of(session: AsyncSession, escrow_id: UUID) -> UUID:
    """Whose escrow it is."""
    escrow = await repository.get(session, escrow_id)
    assert escrow is not None, "an address is given to an escrow that is made in the same transaction"
    return escrow.user_id


async def give_back(session: AsyncSession, escrow: Escrow) -> Escrow:
    """Refund an escrow that is AWAITING or LOCKED: to the wallet in the books, or on the chain to who paid."""
    expected = escrow.status
    if escrow.source is EscrowSource.BALANCE or escrow.paid == 0:
        change = EscrowChange(expected=expected, to=EscrowStatus.REFUNDED)
        target, cause = Account.wallet(escrow.user_id), LegCause.REFUND
    else:
        change = EscrowChange(expected=expected, to=EscrowStatus.REFUNDING)
        target, cause = Account.payout(escrow.id), LegCause.PAYOUT
    changed = await transition(session, escrow_id=escrow.id, change=change)
    assert changed is not None, "the caller holds its lock"
    if escrow.paid:
        legs = (Leg(Account.escrow(escrow.id), -escrow.paid, LegCause.REFUND), Leg(target, escrow.paid, cause))
        posting = Posting(f"unlock:{escrow.id}", TransactionType.REFUND, str(escrow.id), legs)
        await ledger.post(session, posting)
    if changed.status is EscrowStatus.REFUNDING:
        assert escrow.payer is not None, "one that is paid by transfer has a payer"
        await _send_back(session, escrow, to=escrow.payer, amount=escrow.paid)
    return changed


async def expire(session: AsyncSession, escrow_id: UUID) -> None:
    """Refund an escrow that waited too long, unless it waits no more."""
    escrow = await repository.lock(session, escrow_id)
    if escrow is not None and escrow.status in (EscrowStatus.AWAITING, EscrowStatus.LOCKED):
        await give_back(session, escrow)


async def _send_back(session: AsyncSession, escrow: Escrow, *, to: str, amount: int) -> None:
    assert escrow.address_id is not None, "one that is paid by transfer has an address"
    order = Order(
        purpose=Purpose.RETURN,
        ref=str(escrow.id),
        user_id=escrow.user_id,
        source=await addresses.get(session, escrow.address_id),
        outlays=(Outlay(to, amount),),
    )
    await orders.place(session, order)


async def _locked(session: AsyncSession, *, escrow_id: UUID, user_id: UUID) -> Escrow:
    escrow = await repository.lock(session, escrow_id, user_id=user_id)
    if escrow is None:
        raise _not_found(escrow_id)
    return escrow


async def _payer(session: AsyncSession, user_id: UUID) -> str:
    address = await repository.address_of(session, user_id)
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
