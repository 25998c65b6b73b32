"""Which failures of the database are worth another try: looks at the error alone."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout


class Failure(StrEnum):
    """Kinds of failure that may pass by themselves."""

    CONNECTION = "connection"
    """The server cannot be reached, is starting or stopping, or the connection broke."""
    CONFLICT = "conflict"
    """Deadlock or serialisation failure: the transaction was rolled back, the next try may pass."""
    EXHAUSTED = "exhausted"
    """Every connection of this process's pool is in use."""


_CONFLICT: Final = frozenset({"40001", "40P01"})
_GOING_OR_COMING: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "53300"})
_CLASS_CONNECTION: Final = "08"


def classify(error: BaseException) -> Failure | None:
    """The kind of passing failure that `error` is, or `None` where trying again cannot help."""
    if isinstance(error, PoolTimeout):
        return Failure.EXHAUSTED
    state = sqlstate(error)
    if state in _CONFLICT:
        return Failure.CONFLICT
    if state is not None and (state in _GOING_OR_COMING or state.startswith(_CLASS_CONNECTION)):
        return Failure.CONNECTION
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Failure.CONNECTION
    if isinstance(error, asyncpg.InterfaceError) and "closed" in str(error):
        return Failure.CONNECTION
    if isinstance(error, asyncpg.InternalClientError):
        # What asyncpg says when the connection breaks between two messages of one statement.
        return Failure.CONNECTION
    return None


def cannot_connect(error: BaseException) -> bool:
    """Whether an error raised while *connecting* may pass. Only there does an `OSError` speak of the database."""
    return classify(error) is not None or any(isinstance(cause, OSError | TimeoutError) for cause in _chain(error))


def sqlstate(error: BaseException) -> str | None:
    """The five-character SQLSTATE that PostgreSQL gave, wherever in the chain it hides."""
    for cause in _chain(error):
        state = getattr(cause, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.orig if isinstance(seen, DBAPIError) and seen.orig is not None else seen.__cause__
