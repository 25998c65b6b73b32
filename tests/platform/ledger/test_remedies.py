"""What a refusal for want of funds advises."""

from uuid import uuid4

import pytest

from qubix.schemas.states import TransactionType
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.ledger.remedies import shortage

WALLET, OTHER = Account.wallet(uuid4()), Account.wallet(uuid4())
ESCROW = Account.escrow(uuid4())


def posting(*legs: Leg) -> Posting:
    return Posting("key", TransactionType.PAYMENT, "ref", legs)


def moved(source: Account, target: Account, amount: int, cause: LegCause) -> Posting:
    return posting(Leg(source, -amount, cause), Leg(target, amount, cause))


@pytest.mark.parametrize(
    ("source", "cause", "asked", "advice"),
    [
        (WALLET, LegCause.ESCROW_LOCK, "Holding 7 QU in escrow", "hold less"),
        (WALLET, LegCause.RESERVATION, "Prepaying 7 QU for a machine", "shorter time"),
        (WALLET, LegCause.WITHDRAWAL, "Withdrawing 7 QU", "no more than what is available"),
        (WALLET, LegCause.CORRECTION, "Drawing 7 QU for ref", "Add funds."),
        (ESCROW, LegCause.ESCROW_RELEASE, "Drawing 7 QU for ref", "the platform's escrow account: report this"),
        (Account.pending(uuid4()), LegCause.LOST, "Drawing 7 QU", "the platform's pending account: report this"),
    ],
)
def test_the_advice_is_for_the_account_that_is_short(source: Account, cause: LegCause, asked: str, advice: str) -> None:
    found = shortage([moved(source, OTHER, 7, cause)])
    assert (found.account, found.needed) == (source, 7)
    assert found.asked.startswith(asked)
    assert advice in found.remedy


def test_of_a_batch_all_that_is_drawn_from_a_wallet_counts() -> None:
    batch = [moved(WALLET, ESCROW, 7, LegCause.ESCROW_LOCK), moved(WALLET, ESCROW, 5, LegCause.ESCROW_LOCK)]
    batch.append(moved(ESCROW, OTHER, 100, LegCause.ESCROW_RELEASE))
    assert (shortage(batch).account, shortage(batch).needed) == (WALLET, 12)


def test_the_platforms_own_accounts_are_never_short() -> None:
    with pytest.raises(ValueError, match="empty"):
        shortage([moved(Account.issuance(), WALLET, 7, LegCause.ISSUANCE)])
