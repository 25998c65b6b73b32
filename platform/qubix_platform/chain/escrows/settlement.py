"""What happens to each QU that reaches an escrow's address, and to each that leaves it. Pure."""

from dataclasses import dataclass

from qubix_platform.chain.escrows.states import EscrowStatus
from qubix_platform.chain.model import Outlay
from qubix_platform.qubic import send_many


@dataclass(frozen=True)
class Judgement:
    """How much of a payment counts towards the escrow, and how much goes back to where it came from, QU."""

    kept: int
    returned: int
    reason: str | None = None


def judge(*, status: EscrowStatus, missing: int, payer: str, source: str, amount: int) -> Judgement:
    """What a confirmed payment to an escrow's address means.

    Args:
        status: of the escrow.
        missing: QU that it still awaits.
        payer: the identity that it awaits them from.
        source: the identity that paid.
        amount: what it paid, QU.
    """
    if source != payer:
        return Judgement(0, amount, "it came from another address than the one that the escrow awaits")
    if status is not EscrowStatus.AWAITING:
        return Judgement(0, amount, f"the escrow awaits no payment any more: it is {status.value}")
    kept = min(amount, missing)
    return Judgement(kept, amount - kept, "it was more than the escrow awaits" if kept < amount else None)


@dataclass(frozen=True, kw_only=True)
class Release:
    """The final settlement of an escrow on the chain.

    Attributes:
        amount: QU on its address.
        provider: the provider's identity; None where they have none and are paid in the books.
        provider_amount: what the provider is owed.
        payer: the identity that paid in, and is refunded.
        refund: what goes back.
        hot: the platform's identity that takes the rest: its fee, and what was settled in the books.
    """

    amount: int
    provider: str | None
    provider_amount: int
    payer: str
    refund: int
    hot: str


@dataclass(frozen=True)
class PayoutPlan:
    """The transactions of a release: each one's payments, and how much of them the provider and the payer get, QU."""

    transactions: tuple[tuple[Outlay, ...], ...]
    provider_amount: int
    refund: int


def plan(release: Release) -> PayoutPlan:
    """Pay the provider, the refund and the fee: by one SendMany where the rest covers its 10 QU, else one by one.

    Money that came into the escrow by the books alone, such as a top-up, is not on its address, and stays in them.
    """
    provider_amount = min(release.provider_amount, release.amount) if release.provider is not None else 0
    refund = min(release.refund, release.amount - provider_amount)
    rest = release.amount - provider_amount - refund
    outside: dict[str, int] = {}
    for destination, amount in ((release.provider, provider_amount), (release.payer, refund)):
        if destination is not None and amount:
            outside[destination] = outside.get(destination, 0) + amount
    outlays = [Outlay(destination, amount) for destination, amount in outside.items()]
    if len(outlays) > 1 and rest >= send_many.FEE:
        if rest > send_many.FEE:
            outlays.append(Outlay(release.hot, rest - send_many.FEE))
        return PayoutPlan((tuple(outlays),), provider_amount, refund)
    if rest:
        outlays.append(Outlay(release.hot, rest))
    return PayoutPlan(tuple((outlay,) for outlay in outlays), provider_amount, refund)
