"""Random histories of postings of every kind, beside a model of what each account should hold."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from hypothesis import strategies as st

from qubix.schemas.states import TransactionType
from qubix_platform.ledger.model import Account, AccountKind, ChainPlace, Leg, LegCause, Posting

USERS: Final = 2
DEALINGS: Final = 2

_HOT: Final = frozenset({AccountKind.FEES, AccountKind.COSTS, AccountKind.CHAIN, AccountKind.ISSUANCE})


@dataclass(frozen=True)
class Move:
    """Something that money does: `kind` as in `_KINDS`, of one user, in one dealing, so many QU."""

    kind: str
    user: int
    dealing: int
    amount: int


# What each kind of posting does: on which accounts, by which cause. Names stand for the accounts of a history.
_KINDS: Final[dict[str, tuple[TransactionType, tuple[tuple[str, int, LegCause], ...]]]] = {
    "play money": (TransactionType.PAYMENT, (("issuance", -1, LegCause.ISSUANCE), ("wallet", 1, LegCause.ISSUANCE))),
    "deposit": (TransactionType.DEPOSIT, (("wallet", 1, LegCause.DEPOSIT), ("deposits", -1, LegCause.DEPOSIT))),
    "sweep": (TransactionType.SWEEP, (("deposits", 1, LegCause.SWEEP), ("hot", -1, LegCause.SWEEP))),
    "to treasury": (TransactionType.SWEEP, (("hot", 1, LegCause.SWEEP), ("treasury", -1, LegCause.SWEEP))),
    "hold": (TransactionType.ESCROW_LOCK, (("wallet", -1, LegCause.ESCROW_LOCK), ("escrow", 1, LegCause.ESCROW_LOCK))),
    "paid in on chain": (TransactionType.DEPOSIT, (("escrow", 1, LegCause.DEPOSIT), ("escrows", -1, LegCause.DEPOSIT))),
    "settle": (
        TransactionType.ESCROW_RELEASE,
        (
            ("escrow", -10, LegCause.ESCROW_RELEASE),
            ("other", 6, LegCause.EARNING),
            ("fees", 1, LegCause.FEE),
            ("wallet", 3, LegCause.REFUND),
        ),
    ),
    "refund": (TransactionType.REFUND, (("escrow", -1, LegCause.ESCROW_RELEASE), ("wallet", 1, LegCause.REFUND))),
    "pay on the way": (
        TransactionType.ESCROW_RELEASE,
        (("escrow", -1, LegCause.ESCROW_RELEASE), ("pending", 1, LegCause.PENDING)),
    ),
    "is final": (
        TransactionType.ESCROW_RELEASE,
        (("pending", -10, LegCause.PENDING), ("other", 9, LegCause.EARNING), ("fees", 1, LegCause.FEE)),
    ),
    "was lost": (TransactionType.REFUND, (("pending", -1, LegCause.LOST), ("escrow", 1, LegCause.LOST))),
    "release on chain": (
        TransactionType.ESCROW_RELEASE,
        (("escrow", -1, LegCause.ESCROW_RELEASE), ("payout", 1, LegCause.EARNING)),
    ),
    "paid out": (
        TransactionType.ESCROW_RELEASE,
        (("payout", -3, LegCause.PAYOUT), ("escrows", 4, LegCause.PAYOUT), ("hot", -1, LegCause.FEE)),
    ),
    "withdraw": (
        TransactionType.WITHDRAWAL,
        (("wallet", -1, LegCause.WITHDRAWAL), ("withdrawal", 1, LegCause.WITHDRAWAL)),
    ),
    "withdrawn": (
        TransactionType.WITHDRAWAL,
        (("withdrawal", -1, LegCause.WITHDRAWAL), ("hot", 1, LegCause.WITHDRAWAL)),
    ),
    "given up": (
        TransactionType.CORRECTION,
        (("withdrawal", -1, LegCause.CORRECTION), ("wallet", 1, LegCause.CORRECTION)),
    ),
    "reserve": (
        TransactionType.RESERVATION,
        (("wallet", -1, LegCause.RESERVATION), ("reservation", 1, LegCause.RESERVATION)),
    ),
    "used up": (
        TransactionType.RESERVATION,
        (("reservation", -10, LegCause.RESERVATION), ("other", 9, LegCause.EARNING), ("fees", 1, LegCause.FEE)),
    ),
    "network fee": (
        TransactionType.NETWORK_FEE,
        (("costs", -1, LegCause.NETWORK_FEE), ("hot", 1, LegCause.NETWORK_FEE)),
    ),
    "to oneself": (
        TransactionType.CORRECTION,
        (("wallet", -1, LegCause.CORRECTION), ("wallet", 1, LegCause.CORRECTION)),
    ),
}


def moves() -> st.SearchStrategy[Move]:
    """Moves; those that bring money in come more often, so that there is some."""
    kinds = [*_KINDS, "deposit", "deposit", "play money", "hold", "hold"]
    return st.builds(
        Move,
        kind=st.sampled_from(kinds),
        user=st.integers(0, USERS - 1),
        dealing=st.integers(0, DEALINGS - 1),
        amount=st.integers(1, 40) | st.sampled_from([10**9, 10**12]),
    )


@dataclass
class LedgerLife:
    """The accounts of one history, and what the model says that they hold."""

    users: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(USERS)])
    dealings: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(DEALINGS)])
    balances: Counter[Account] = field(default_factory=Counter)

    def posting(self, move: Move) -> Posting:
        """The posting of a move, with a key of its own."""
        kind, legs = _KINDS[move.kind]
        return Posting(
            key=str(uuid4()),
            kind=kind,
            ref=f"{move.kind} {self.dealings[move.dealing]}",
            legs=tuple(Leg(self._account(name, move), part * move.amount, cause) for name, part, cause in legs),
        )

    def covers(self, postings: Sequence[Posting]) -> bool:
        """Whether no account would go below zero, one posting after the other."""
        trial = Counter(self.balances)
        for posting in postings:
            for leg in posting.legs:
                trial[leg.account] += leg.amount
            if any(trial[leg.account] < 0 for leg in posting.legs if leg.account.kind not in _HOT):
                return False
        return True

    def post(self, postings: Sequence[Posting]) -> None:
        """Take in that they were posted."""
        for posting in postings:
            for leg in posting.legs:
                self.balances[leg.account] += leg.amount

    def closing(self) -> list[Posting]:
        """What empties the accounts that belong to no job or withdrawal of a real platform."""
        dealings = (
            AccountKind.ESCROW,
            AccountKind.PENDING,
            AccountKind.PAYOUT,
            AccountKind.WITHDRAWAL,
            AccountKind.RESERVATION,
        )
        return [
            Posting(
                str(uuid4()),
                TransactionType.CORRECTION,
                "the end",
                (
                    Leg(account, -balance, LegCause.CORRECTION),
                    Leg(Account.wallet(self.users[0]), balance, LegCause.CORRECTION),
                ),
            )
            for account, balance in self.balances.items()
            if account.kind in dealings and balance
        ]

    def _account(self, name: str, move: Move) -> Account:
        user, dealing = self.users[move.user], self.dealings[move.dealing]
        match name:
            case "wallet":
                return Account.wallet(user)
            case "other":
                return Account.wallet(self.users[1 - move.user])
            case "escrow" | "pending" | "payout" | "withdrawal" | "reservation":
                return Account(AccountKind(name), str(dealing))
            case "fees" | "costs":
                return Account(AccountKind(name), "platform")
            case "issuance":
                return Account.issuance()
            case place:
                return Account.chain(ChainPlace(place))
