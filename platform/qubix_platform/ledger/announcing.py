"""Telling users that their balance changed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import EventType
from qubix_platform.events import service as events
from qubix_platform.events.models import NewEvent
from qubix_platform.ledger.model import AccountKind, Posting


def wallet_changes(postings: Iterable[Posting]) -> dict[UUID, int]:
    """By how much postings together change what each user has, QU; users whose wallet they touch are in it."""
    changes: Counter[UUID] = Counter()
    for posting in postings:
        for leg in posting.legs:
            if leg.account.kind is AccountKind.WALLET:
                changes[UUID(leg.account.owner)] += leg.amount
    return dict(changes)


async def announce(session: AsyncSession, changes: Mapping[UUID, int], *, reason: str) -> None:
    """Tell each of these users by how much their balance changed, QU, in the transaction that changes it.

    It is written with the transaction's other events, which takes no statement more.
    """
    await events.record_all(
        session,
        [
            NewEvent(
                type=EventType.BALANCE_CHANGED,
                topics=(f"user:{user_id}",),
                data={"change": change, "reason": reason},
            )
            for user_id, change in changes.items()
        ],
    )
