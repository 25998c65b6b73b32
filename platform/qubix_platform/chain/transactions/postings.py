"""What a confirmed transaction means in the books. Pure."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from qubix.schemas.states import TransactionType
from qubix_platform.chain.model import AddressPurpose, Purpose
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.ledger.model import Account, AccountKind, Leg, LegCause, Posting

UNCLAIMED: Final = "unclaimed"

_KINDS: Final[Mapping[Purpose, tuple[TransactionType, LegCause]]] = {
    Purpose.WITHDRAWAL: (TransactionType.WITHDRAWAL, LegCause.WITHDRAWAL),
    Purpose.PAYOUT: (TransactionType.ESCROW_RELEASE, LegCause.PAYOUT),
    Purpose.RETURN: (TransactionType.REFUND, LegCause.PAYOUT),
}


def owed(transaction: Recorded) -> Account | None:
    """The account of what an outgoing transaction pays off; none where it only moves the platform's own."""
    match transaction.purpose:
        case Purpose.WITHDRAWAL:
            return Account.withdrawal(UUID(transaction.ref))
        case Purpose.PAYOUT | Purpose.RETURN:
            return Account.payout(UUID(transaction.ref))
        case _:
            return None


def paid(transaction: Recorded, internal: Mapping[str, AddressPurpose]) -> Posting | None:
    """The posting of an outgoing transaction that was executed; none where it changed nothing.

    Args:
        transaction: the transaction.
        internal: the identities of the hot wallet and the treasury.
    """
    kind, cause = _KINDS.get(transaction.purpose, (TransactionType.SWEEP, LegCause.SWEEP))
    debt = owed(transaction)
    legs = [Leg(Account.chain(transaction.place.place), transaction.amount, cause)]
    for outlay in transaction.outlays:
        kept = internal.get(outlay.destination)
        if kept is not None:
            legs.append(Leg(Account.chain(kept.place), -outlay.amount, LegCause.SWEEP))
        else:
            assert debt is not None, "what leaves the platform pays off a debt"
            legs.append(Leg(debt, -outlay.amount, cause))
    if transaction.network_fee:
        legs.append(Leg(Account.costs(), -transaction.network_fee, LegCause.NETWORK_FEE))
    if all(leg.account == legs[0].account for leg in legs):
        return None  # from an address to itself
    return Posting(f"chain:{transaction.id}", kind, transaction.ref, tuple(legs))


def movements(transaction: Recorded, internal: Mapping[str, int]) -> list[tuple[int, int]]:
    """What a confirmed transaction did to addresses of ours: pairs of an address and its change, QU.

    What an outgoing one pays to an address that we keep for somebody comes in as a payment of its own.
    """
    changes = {transaction.address_id: -transaction.amount}
    for outlay in transaction.outlays:
        if (address_id := internal.get(outlay.destination)) is not None:
            changes[address_id] = changes.get(address_id, 0) + outlay.amount
    return list(changes.items())


def arrived(transaction: Recorded) -> Posting:
    """The posting of a payment that came in for a user's balance, or for the platform itself."""
    cause = LegCause.DEPOSIT
    if transaction.purpose is Purpose.FUNDING:
        target = Account.costs()
    elif transaction.user_id is None:
        target = Account(AccountKind.PAYOUT, UNCLAIMED)
    else:
        target = Account.wallet(transaction.user_id)
    legs = (
        Leg(target, transaction.amount, cause),
        Leg(Account.chain(transaction.place.place), -transaction.amount, cause),
    )
    return Posting(deposit_key(transaction), TransactionType.DEPOSIT, transaction.ref, legs)


def deposit_key(transaction: Recorded) -> str:
    """The key under which a payment is credited once: its transaction's id, and its place in a SendMany."""
    assert transaction.hash is not None, "what was seen has an id"
    leg = f":{transaction.leg}" if transaction.leg else ""
    return f"deposit:{transaction.hash}{leg}"
