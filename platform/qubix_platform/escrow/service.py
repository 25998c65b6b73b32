"""Holding, dividing and returning a job's money. Each is one posting with a key of its own, so that it happens once.

An escrow has an id of its own; a job's is the job's id, unless it was paid in before there was a job.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import TransactionType
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.announcing import announce, wallet_changes
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.pricing.rates import Split, split

_HELD: Final = "it is held for what was created"


@dataclass(frozen=True, kw_only=True)
class Purse:
    """A job's escrow, and whose money it holds. Amounts in QU.

    Attributes:
        job_id: the job that it is held for; every posting refers to it.
        escrow_id: of the escrow.
        consumer_id: where what is not used goes back to.
        held: all that was ever put into it for the job.
        settled: what was paid out of it while the job went on.
    """

    job_id: UUID
    escrow_id: UUID
    consumer_id: UUID
    held: int = 0
    settled: int = 0

    @property
    def left(self) -> int:
        """What is in it now."""
        return self.held - self.settled


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What an attempt is owed for now. Amounts in QU.

    Attributes:
        provider_user_id: who is paid; without one nothing is charged.
        charged: for the seconds whose pay becomes final now.
        charged_before: for those of the same attempt whose pay became final earlier.
        fee_basis_points: the platform's part.
        attempt_id: whose it is; needed where some of its pay was, or stays, pending.
        pending_before: what of it was paid and not final until now.
        pending: what of it is paid and not final from now on.
    """

    provider_user_id: UUID | None = None
    charged: int = 0
    charged_before: int = 0
    fee_basis_points: int = 0
    attempt_id: UUID | None = None
    pending_before: int = 0
    pending: int = 0

    @property
    def drawn(self) -> int:
        """What leaves the escrow for it."""
        return self.charged + self.pending - self.pending_before

    @property
    def parts(self) -> Split:
        """How what becomes final is divided."""
        return self.of(self.charged)

    @property
    def drawn_parts(self) -> Split:
        """How what leaves the escrow will be divided when it is final."""
        return split(
            held=self.drawn,
            charged=self.drawn,
            charged_before=self.charged_before + self.pending_before,
            fee_basis_points=self.fee_basis_points,
        )

    def of(self, held: int) -> Split:
        """How `held` is divided by it."""
        return split(
            held=held,
            charged=self.charged if self.provider_user_id is not None else 0,
            charged_before=self.charged_before,
            fee_basis_points=self.fee_basis_points,
        )


async def hold(session: AsyncSession, purse: Purse, amount: int) -> None:
    """Move `amount` QU from the consumer's wallet into the escrow, and tell them; nothing where it is 0.

    Raises:
        BalanceTooLow: the wallet does not cover it.
    """
    if amount:
        await ledger.post(session, _holding(purse, amount))
        await announce(session, {purse.consumer_id: -amount}, reason=_HELD)


async def hold_all(session: AsyncSession, purses: Sequence[Purse], amount: int) -> None:
    """Move `amount` QU from the consumer's wallet into each of these escrows, all of it or nothing, in one batch, and
    tell them once.

    Raises:
        BalanceTooLow: the wallet does not cover all of it.
    """
    if amount:
        postings = [_holding(purse, amount) for purse in purses]
        await ledger.post_all(session, postings)
        await announce(session, wallet_changes(postings), reason=_HELD)


async def release(session: AsyncSession, purse: Purse, bill: Bill, *, part: str, added: int = 0) -> Split:
    """Pay for a part of a job that goes on: what is final to provider and platform, what is not to the attempt's
    pending pay, and the rest stays in the escrow.

    Args:
        session: the caller's transaction.
        purse: the escrow.
        bill: what is owed. The escrow has to hold what it draws, with what is added.
        part: tells it from every other part of the same job.
        added: what is held in addition, QU. Both are one batch, so that all accounts are locked in one order.

    Raises:
        BalanceTooLow: the wallet does not cover what is to be held in addition.
    """
    holding = [_holding(purse, added)] if added else []
    await ledger.post_all(session, [*holding, *payment(purse, bill, part=part)])
    return bill.parts


def payment(purse: Purse, bill: Bill, *, part: str) -> list[Posting]:
    """The posting that pays for a part of a job, as `release` does; none where nothing moves.

    For who pays several parties in one transaction: all of it has to be one batch, so that their accounts are locked in
    one order.
    """
    if not bill.drawn and not bill.charged:
        return []
    return [_paying(purse, bill.parts, bill=bill, key=f"settle:{purse.job_id}:{part}")]


async def settle(session: AsyncSession, purse: Purse, bill: Bill, *, others: Sequence[Posting] = ()) -> Split:
    """Empty a job's escrow and its last attempt's pending pay: the charge to the provider less the platform's fee, the
    rest back to the consumer. Whoever is concerned is told, the consumer even where nothing comes back.

    Args:
        session: the caller's transaction.
        purse: the escrow, as it is once the job's other attempts are paid.
        bill: what the last attempt is owed.
        others: the payments for these, made before it in the same batch.
    """
    parts = bill.of(purse.left + bill.pending_before)
    last = [_paying(purse, parts, bill=bill, key=f"settle:{purse.job_id}")] if purse.left or bill.pending_before else []
    postings = [*others, *last]
    await ledger.post_all(session, postings)
    if postings:
        changes = {purse.consumer_id: 0} | wallet_changes(postings)
        await announce(session, changes, reason="a job ended: what it used is paid, the rest is back")
    return parts


async def give_back(session: AsyncSession, purse: Purse, *, attempt_id: UUID, amount: int) -> None:
    """Move all of an attempt's pending pay back into the escrow: it was lost, and so far nothing went on from it."""
    legs = (
        Leg(Account.pending(attempt_id), -amount, LegCause.LOST),
        Leg(Account.escrow(purse.escrow_id), amount, LegCause.LOST),
    )
    ref = str(purse.job_id)
    await ledger.post(session, Posting(f"lost:{ref}:{attempt_id}", TransactionType.REFUND, ref, legs))


async def refund_all(session: AsyncSession, purses: Sequence[Purse]) -> None:
    """Empty the escrows of jobs that used nothing more of them: all that is left goes back, in one batch."""
    postings = [
        _paying(purse, Bill().of(purse.left), bill=Bill(), key=f"settle:{purse.job_id}")
        for purse in purses
        if purse.left
    ]
    await ledger.post_all(session, postings)
    await announce(session, wallet_changes(postings), reason="jobs ended that never began: what was held is back")


def _holding(purse: Purse, amount: int) -> Posting:
    legs = (
        Leg(Account.wallet(purse.consumer_id), -amount, LegCause.ESCROW_LOCK),
        Leg(Account.escrow(purse.escrow_id), amount, LegCause.ESCROW_LOCK),
    )
    ref = str(purse.job_id)
    # What was held before tells one top-up from the next, and is the same when one is repeated.
    key = f"hold:{ref}:{purse.held}" if purse.held else f"hold:{ref}"
    return Posting(key, TransactionType.ESCROW_LOCK, ref, legs)


def _paying(purse: Purse, parts: Split, *, bill: Bill, key: str) -> Posting:
    added = bill.pending - bill.pending_before
    paid = parts.provider + parts.fee + parts.refund + added
    legs = []
    if paid:
        legs.append(Leg(Account.escrow(purse.escrow_id), -paid, LegCause.ESCROW_RELEASE))
    if added and bill.attempt_id is not None:
        legs.append(Leg(Account.pending(bill.attempt_id), added, LegCause.PENDING))
    if bill.provider_user_id is not None and parts.provider:
        legs.append(Leg(Account.wallet(bill.provider_user_id), parts.provider, LegCause.EARNING))
    if parts.fee:
        legs.append(Leg(Account.fees(), parts.fee, LegCause.FEE))
    if parts.refund:
        legs.append(Leg(Account.wallet(purse.consumer_id), parts.refund, LegCause.REFUND))
    return Posting(key, TransactionType.ESCROW_RELEASE, str(purse.job_id), tuple(legs))
