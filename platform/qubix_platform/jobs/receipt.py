"""A receipt, built from what stands in the ledger and nothing else."""

from collections.abc import Sequence

from qubix.schemas.jobs import Attempt, Job, Receipt, ReceiptLeg
from qubix_platform.jobs.states import RETRIED_CAUSES
from qubix_platform.ledger.model import AccountKind, LegCause
from qubix_platform.ledger.repository import StoredLeg
from qubix_platform.pricing.rates import whole_seconds

_RECEIVERS = {
    (AccountKind.WALLET, LegCause.EARNING): "provider",
    (AccountKind.FEES, LegCause.FEE): "platform",
    (AccountKind.WALLET, LegCause.REFUND): "consumer",
}


def receipt(*, job: Job, attempts: list[Attempt], legs: Sequence[StoredLeg], fee_basis_points: int) -> Receipt:
    """The settlement of a job.

    Args:
        job: the job.
        attempts: its attempts, in order.
        legs: every leg of the ledger that refers to the job.
        fee_basis_points: the platform's part, as it is now.
    """
    paid = {
        receiver: sum(leg.amount for leg in legs if (leg.account_kind, leg.cause) == where)
        for where, receiver in _RECEIVERS.items()
    }
    return Receipt(
        job_id=job.id,
        settled=job.status.is_final,
        hold=job.hold_amount,
        cost=paid["provider"] + paid["platform"],
        fee=paid["platform"],
        provider_amount=paid["provider"],
        refund=paid["consumer"],
        fee_basis_points=fee_basis_points,
        legs=[
            ReceiptLeg(to=receiver, amount=paid[receiver], type=cause.value, cause=job.cause.value if job.cause else "")
            for (_, cause), receiver in _RECEIVERS.items()
            if paid[receiver]
        ],
        attempts=attempts,
        lost_seconds_unbilled=sum(
            whole_seconds(start=one.started_at, end=one.ended_at)
            for one in attempts
            if one.cause in RETRIED_CAUSES and one.started_at and one.ended_at
        ),
        simulated=any(one.simulated for one in attempts),
        ledger_transactions=sorted({leg.transaction_id for leg in legs}),
        created_at=job.created_at,
        settled_at=job.completed_at,
    )
