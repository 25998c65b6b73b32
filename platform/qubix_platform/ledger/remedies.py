"""Which account a refused posting would have overdrawn, and what its owner can do about it. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qubix_platform.ledger.model import Account, AccountKind, LegCause, Posting

_HOT: Final = frozenset({AccountKind.FEES, AccountKind.COSTS, AccountKind.CHAIN, AccountKind.ISSUANCE})
_ASKED: Final[Mapping[LegCause, str]] = {
    LegCause.ESCROW_LOCK: "Holding {} QU in escrow",
    LegCause.RESERVATION: "Prepaying {} QU for a machine",
    LegCause.WITHDRAWAL: "Withdrawing {} QU",
}
_REMEDIES: Final[Mapping[LegCause, str]] = {
    LegCause.ESCROW_LOCK: "Add funds, or hold less: for a job that is maxPrice times timeLimitSeconds.",
    LegCause.RESERVATION: "Add funds, or reserve for a shorter time or a cheaper machine: all of it is prepaid.",
    LegCause.WITHDRAWAL: "Withdraw no more than what is available; what is held or pending comes free later.",
}


@dataclass(frozen=True)
class Shortage:
    """The account that is most likely short, how much is drawn from it, QU, what for, and what would change that."""

    account: Account
    needed: int
    asked: str
    remedy: str


def shortage(postings: Sequence[Posting]) -> Shortage:
    """What stands in the way of postings that take some account below zero: of those that can be short, a wallet first.

    Raises:
        ValueError: nothing is drawn from any account that has to be covered.
    """
    change: Counter[Account] = Counter()
    drawn: Counter[Account] = Counter()
    causes: dict[Account, LegCause] = {}
    for posting in postings:
        for leg in posting.legs:
            change[leg.account] += leg.amount
            if leg.amount < 0:
                causes.setdefault(leg.account, leg.cause)
        for account in {leg.account for leg in posting.legs}:
            drawn[account] = max(drawn[account], -change[account])
    able = [account for account in causes if account.kind not in _HOT and drawn[account] > 0]
    account = max(able, key=lambda one: (one.kind is AccountKind.WALLET, drawn[one]))
    cause, needed = causes[account], drawn[account]
    asked = _ASKED.get(cause, f"Drawing {{}} QU for {postings[0].ref}").format(needed)
    return Shortage(account, needed, asked, _remedy(account, cause))


def _remedy(account: Account, cause: LegCause) -> str:
    if account.kind is AccountKind.WALLET:
        return _REMEDIES.get(cause, "Add funds.")
    return f"Nothing was posted. No user can cover the platform's {account.kind.value} account: report this."
