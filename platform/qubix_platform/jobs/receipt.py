"""A receipt: the money from what stands in the ledger and nothing else, the time from what happened."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from qubix.schemas.attempts import Attempt
from qubix.schemas.jobs import Job
from qubix.schemas.receipts import Receipt, ReceiptLeg, ReceiptStretch
from qubix_platform.attempts.billing import SETTLED, Stretch, lost_seconds
from qubix_platform.ledger.model import AccountKind, LegCause
from qubix_platform.ledger.repository import StoredLeg
from qubix_platform.pricing.sessions import increment

_RECEIVERS = {
    (AccountKind.WALLET, LegCause.EARNING): "provider",
    (AccountKind.FEES, LegCause.FEE): "platform",
    (AccountKind.WALLET, LegCause.REFUND): "consumer",
}


def receipt(
    *,
    job: Job,
    attempts: list[Attempt],
    stretches: Mapping[UUID, Sequence[Stretch]],
    legs: Sequence[StoredLeg],
    fee_basis_points: int,
) -> Receipt:
    """The settlement of a job.

    Args:
        job: the job.
        attempts: its attempts, in order.
        stretches: how the time of each was divided, by its id.
        legs: every leg of the ledger that refers to the job.
        fee_basis_points: the platform's part, as it is now.
    """
    paid = {
        receiver: sum(leg.amount for leg in legs if (leg.account_kind, leg.cause) == where)
        for where, receiver in _RECEIVERS.items()
    }
    pending = sum(leg.amount for leg in legs if leg.account_kind == AccountKind.PENDING)
    return Receipt(
        job_id=job.id,
        settled=job.status.is_final,
        hold=job.hold_amount,
        cost=paid["provider"] + paid["platform"] + pending,
        pending=pending,
        fee=paid["platform"],
        provider_amount=paid["provider"],
        refund=paid["consumer"],
        fee_basis_points=fee_basis_points,
        legs=[
            ReceiptLeg(
                to=receiver, amount=paid[receiver], type=cause.value, cause=job.cause.value if job.cause else SETTLED
            )
            for (_, cause), receiver in _RECEIVERS.items()
            if paid[receiver]
        ]
        + ([ReceiptLeg(to="pending", amount=pending, type=LegCause.PENDING.value, cause=SETTLED)] if pending else []),
        attempts=attempts,
        stretches=[_stretch(one, each) for one in attempts for each in stretches.get(one.id, ())],
        lost_seconds_unbilled=sum(map(lost_seconds, stretches.values())),
        simulated=any(one.simulated for one in attempts),
        ledger_transactions=sorted({leg.transaction_id for leg in legs}),
        created_at=job.created_at,
        settled_at=job.completed_at,
    )


def _stretch(attempt: Attempt, stretch: Stretch) -> ReceiptStretch:
    cost = increment(price_per_hour=attempt.price_per_hour, before=stretch.begin, through=stretch.end)
    return ReceiptStretch(
        attempt=attempt.number,
        rank=attempt.rank,
        begin=stretch.begin,
        end=stretch.end,
        billed=stretch.is_billed,
        cause=stretch.cause,
        amount=cost if stretch.is_billed else 0,
    )
