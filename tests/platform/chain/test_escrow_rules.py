"""Not a QU of what reaches an escrow's address is lost, and not one too many leaves it."""

from hypothesis import given
from hypothesis import strategies as st

from qubix_platform.chain.escrows.settlement import Release, judge, plan
from qubix_platform.chain.escrows.states import EscrowStatus
from qubix_platform.qubic import send_many

PAYER, PROVIDER, HOT, STRANGER = "P" * 60, "V" * 60, "H" * 60, "S" * 60
Amounts = st.integers(0, 10**6)


@given(st.sampled_from(EscrowStatus), Amounts, st.sampled_from([PAYER, STRANGER]), st.integers(1, 10**6))
def test_every_payment_is_kept_or_returned(status: EscrowStatus, missing: int, source: str, amount: int) -> None:
    judged = judge(status=status, missing=missing, payer=PAYER, source=source, amount=amount)
    assert judged.kept + judged.returned == amount
    assert judged.kept <= missing
    assert (judged.reason is None) == (judged.returned == 0)
    if source != PAYER or status is not EscrowStatus.AWAITING:
        assert judged.kept == 0


@given(
    amount=st.integers(1, 10**6),
    provider=st.sampled_from([None, PROVIDER, PAYER]),
    provider_amount=Amounts,
    refund=Amounts,
)
def test_a_release_empties_the_address_and_pays_nobody_too_much(
    amount: int, provider: str | None, provider_amount: int, refund: int
) -> None:
    made = plan(
        Release(
            amount=amount,
            provider=provider,
            provider_amount=provider_amount,
            payer=PAYER,
            refund=refund,
            hot=HOT,
        )
    )
    fees = sum(send_many.FEE for outlays in made.transactions if len(outlays) > 1)
    paid = [outlay for outlays in made.transactions for outlay in outlays]
    assert sum(outlay.amount for outlay in paid) + fees == amount
    assert all(outlay.amount > 0 for outlay in paid)
    outside = sum(outlay.amount for outlay in paid if outlay.destination != HOT)
    assert outside == made.provider_amount + made.refund
    assert made.provider_amount <= provider_amount
    assert made.refund <= refund
    assert made.provider_amount == 0 or provider is not None
    # The network's fee comes out of the platform's part, never out of what is owed.
    assert amount - outside >= fees


def test_provider_refund_and_fee_go_out_in_one_transaction() -> None:
    release = Release(amount=1_000, provider=PROVIDER, provider_amount=570, payer=PAYER, refund=400, hot=HOT)
    assert [[(o.destination, o.amount) for o in outlays] for outlays in plan(release).transactions] == [
        [(PROVIDER, 570), (PAYER, 400), (HOT, 20)]
    ]
