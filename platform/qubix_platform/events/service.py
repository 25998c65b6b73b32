"""Writing events."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, cast

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType
from qubix_platform.database.session import Database, after_commit
from qubix_platform.events import repository
from qubix_platform.events.models import NewEvent

_POKE: Final = "qubix.events.poke"


async def record(session: AsyncSession, *, type: EventType, topics: Collection[str], data: JsonObject) -> None:  # noqa: A002
    """Write an event in the caller's transaction: it happened exactly if that commits.

    Args:
        session: of the transaction that makes it true.
        type: what happened.
        topics: who is concerned: `marketplace`, `provider:{workerId}`, `job:{jobId}`, `scheduler`.
        data: the event's own fields, with the wire's names.
    """
    await repository.insert(session, type=type, topics=topics, data=data)
    _poke_after_commit(session)


async def record_all(session: AsyncSession, events: Sequence[NewEvent]) -> None:
    """Write several events in the caller's transaction, in this order, with one statement."""
    if events:
        await repository.insert_all(session, events)
        _poke_after_commit(session)


def _poke_after_commit(session: AsyncSession) -> None:
    if (poke := session.info.get(_POKE)) is not None:
        after_commit(session, cast("Callable[[], None]", poke))


def poke_after_commits(database: Database, poke: Callable[[], None]) -> None:
    """Have `poke` (a `Dispatcher`'s) called after each commit that wrote an event.

    Without it events still arrive, by the dispatcher's timer.
    """
    database.session_info[_POKE] = poke
