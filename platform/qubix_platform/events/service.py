"""Writing events."""

from collections.abc import Callable, Collection, Sequence
from typing import Final, cast

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.base import JsonObject
from qubix.schemas.states import EventType
from qubix_platform.database.session import Database, after_commit, before_commit
from qubix_platform.events import repository
from qubix_platform.events.models import NewEvent

_GATHERED: Final = "qubix.events.gathered"
_POKE: Final = "qubix.events.poke"


async def record(session: AsyncSession, *, type: EventType, topics: Collection[str], data: JsonObject) -> None:  # noqa: A002
    """Write an event in the caller's transaction: it happened exactly if that commits.

    A transaction's events are written right before it commits, in their order, with one statement.

    Args:
        session: of the transaction that makes it true.
        type: what happened.
        topics: who is concerned: `marketplace`, `provider:{workerId}`, `job:{jobId}`, `scheduler`.
        data: the event's own fields, with the wire's names.
    """
    await record_all(session, [NewEvent(type=type, topics=tuple(topics), data=data)])


async def record_all(session: AsyncSession, events: Sequence[NewEvent]) -> None:
    """Write several events, in this order; see `record`."""
    session.info.setdefault(_GATHERED, []).extend(events)
    before_commit(session, _write)


async def _write(session: AsyncSession) -> None:
    gathered: list[NewEvent] = session.info.pop(_GATHERED)
    if not gathered:
        return
    await repository.insert(session, gathered)
    if (poke := session.info.get(_POKE)) is not None:
        after_commit(session, cast("Callable[[], None]", poke))


def poke_after_commits(database: Database, poke: Callable[[], None]) -> None:
    """Have `poke` (a `Dispatcher`'s) called after each commit that wrote an event.

    Without it events still arrive, by the dispatcher's timer.
    """
    database.session_info[_POKE] = poke
