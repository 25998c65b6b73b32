"""The edge where transactions begin and commit: one per request or task, services only flush."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, TypeVar

import structlog
from purgatory import AsyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_random_exponential

from qubix_platform.database.errors import CommitOutcomeUnknown, DatabaseUnavailable
from qubix_platform.database.failures import Failure, cannot_connect, classify, sqlstate

log = structlog.get_logger(__name__)

Result = TypeVar("Result")
Hook = Callable[[], None]
Last = Callable[[AsyncSession], Awaitable[None]]

_HOOKS: Final = "qubix.after_commit"
_LAST: Final = "qubix.before_commit"
_BREAKER: Final = "database"
_PING: Final = text("select 1")


def after_commit(session: AsyncSession, hook: Hook) -> None:
    """Have `hook` called once after the session's transaction committed; not at all where it rolls back.

    Hooks are for hints (waking somebody up), never for what must happen: the process can die between the commit and
    the hook. A hook that is registered twice is called once.
    """
    session.info.setdefault(_HOOKS, {})[hook] = None


def before_commit(session: AsyncSession, work: Last) -> None:
    """Have `work` done as the last thing of the session's transaction; not at all where that rolls back before.

    For what a transaction gathers and writes at once. Work that is registered twice is done once.
    """
    session.info.setdefault(_LAST, {})[work] = None


async def release(session: AsyncSession) -> None:
    """Give the connection back while something is computed; what the session does next is another transaction.

    For requests that only read: what follows sees what others committed meanwhile.
    """
    await session.commit()


class Database:
    """The database as the rest of the platform uses it.

    Args:
        engine: from `create_engine`.
        retry_for: how long connecting, or a whole `run`, is tried again before `DatabaseUnavailable`.
        breaker_threshold: after how many failures in a row callers are refused at once.
        breaker_ttl: for how long they are refused before one is let through to see.

    Example:
        >>> async with database.transaction() as session:
        ...     job = await jobs.service.create(session, request)
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        retry_for: timedelta = timedelta(seconds=4),
        breaker_threshold: int = 5,
        breaker_ttl: timedelta = timedelta(seconds=1),
    ) -> None:
        self.engine = engine
        self.session_info: dict[str, object] = {}
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)
        self._retry_for = retry_for
        self._breakers = AsyncCircuitBreakerFactory(
            default_threshold=breaker_threshold,
            default_ttl=breaker_ttl.total_seconds(),
            # A cancelled task and a pool that is too small say nothing of the database.
            exclude=[asyncio.CancelledError, PoolTimeout],
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: commits where the block ends well, rolls back where it raises.

        Connecting is tried again for a while; the block itself is not, since it may have had effects outside the
        database. Use `run` where it may.

        Raises:
            DatabaseUnavailable: no connection could be had, or it broke before the commit. Nothing was changed.
            CommitOutcomeUnknown: the connection broke while committing.
        """
        async with self._sessions(info=dict(self.session_info)) as session:
            await self._connect(session)
            try:
                yield session
                await session.flush()
                for work in session.info.pop(_LAST, {}):
                    await work(session)
            except Exception as error:
                if (failure := classify(error)) is None:
                    raise
                raise self._unavailable(failure, error) from error
            await self._commit(session)
        _call_hooks(session)

    async def run(self, work: Callable[[AsyncSession], Awaitable[Result]], *, idempotent: bool = False) -> Result:
        """Do `work` in one transaction, and again from its start where the database failed before the commit.

        Args:
            work: must have no effect outside the session, for it may be called several times.
            idempotent: doing `work` twice has the same effect as once, so that a transaction whose commit may have
                happened can be repeated as well.

        Raises:
            DatabaseUnavailable: it did not pass within the time for retries.
            CommitOutcomeUnknown: the connection broke while committing, and `work` is not idempotent.
        """

        def again(error: BaseException) -> bool:
            if isinstance(error, CommitOutcomeUnknown):
                return idempotent
            # Connecting has been tried for as long already, and a breaker that is open says not to.
            return isinstance(error, DatabaseUnavailable) and error.details.get("retry") is True

        async for attempt in self._retrying(again):
            with attempt:
                async with self.transaction() as session:
                    return await work(session)
        raise AssertionError("tenacity ends with a result or an error")

    async def ping(self, *, timeout: timedelta = timedelta(seconds=2)) -> timedelta:
        """Ask the server for an answer and return how long that took, for health checks.

        Raises:
            DatabaseUnavailable: there was none within `timeout`.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(timeout.total_seconds()), self.transaction() as session:
                await session.execute(_PING)
        except TimeoutError as error:
            raise DatabaseUnavailable(
                asked="Asking the database whether it is there",
                obstacle=f"it did not answer within {timeout.total_seconds():g} s",
                remedy="Look at `qubix status` and the database's log.",
            ) from error
        return timedelta(seconds=time.monotonic() - began)

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self.engine.dispose()

    async def _connect(self, session: AsyncSession) -> AsyncConnection:
        try:
            async with await self._breakers.get_breaker(_BREAKER):
                async for attempt in self._retrying(_may_connect_later):
                    with attempt:
                        return await session.connection()
                raise AssertionError("tenacity ends with a result or an error")
        except OpenedState as error:
            raise DatabaseUnavailable(
                asked="Beginning a transaction",
                obstacle="the database has not answered for a while, so it is not asked again just yet",
                remedy="Try again in a few seconds.",
            ) from error
        except PoolTimeout as error:
            raise self._unavailable(Failure.EXHAUSTED, error) from error
        except Exception as error:
            log.exception("database_unreachable", sqlstate=sqlstate(error), waited_s=self._retry_for.total_seconds())
            raise DatabaseUnavailable(
                asked="Beginning a transaction",
                obstacle="no connection to the database could be made",
                remedy="Nothing was changed. Try again; if it lasts, look at `qubix status` and the database's log.",
            ) from error

    async def _commit(self, session: AsyncSession) -> None:
        try:
            await session.commit()
        except Exception as error:
            if (failure := classify(error)) is None:
                raise
            if failure is not Failure.CONNECTION:
                raise self._unavailable(failure, error) from error
            log.exception("database_commit_outcome_unknown", sqlstate=sqlstate(error))
            raise CommitOutcomeUnknown(
                asked="Committing a transaction",
                obstacle="the connection to the database broke before it said whether the change was made",
                remedy="Look whether the change is there, or repeat the request with the same Idempotency-Key.",
            ) from error

    def _unavailable(self, failure: Failure, error: Exception) -> DatabaseUnavailable:
        log.error("database_transaction_failed", failure=failure, sqlstate=sqlstate(error), exc_info=error)
        return DatabaseUnavailable(
            asked="Working on the database",
            obstacle=_OBSTACLES[failure],
            remedy="Nothing was changed. Try again.",
            details={"retry": True},
        )

    def _retrying(self, again: Callable[[BaseException], bool]) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception(again),
            stop=stop_after_delay(self._retry_for),
            wait=wait_random_exponential(multiplier=0.05, max=0.5),
            reraise=True,
        )


_OBSTACLES: Final = {
    Failure.CONNECTION: "the connection to the database broke",
    Failure.CONFLICT: "another transaction changed the same rows at the same time",
    Failure.EXHAUSTED: "every connection to the database is in use",
}


def _may_connect_later(error: BaseException) -> bool:
    return cannot_connect(error) and not isinstance(error, PoolTimeout)  # the pool has waited for long enough by itself


def _call_hooks(session: AsyncSession) -> None:
    for hook in session.info.pop(_HOOKS, {}):
        try:
            hook()
        except Exception:  # the commit is done: a failed hint must not make it look otherwise
            log.exception("after_commit_hook_failed", hook=repr(hook))
