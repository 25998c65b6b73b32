"""One thing that cannot be done holds up no other."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import structlog

from qubix_platform.database.errors import DatabaseUnavailable
from qubix_platform.qubic.rpc import ChainUnavailable

log = structlog.get_logger(__name__)

Item = TypeVar("Item")


async def each(what: str, items: Iterable[Item], act: Callable[[Item], Awaitable[None]]) -> int:
    """Act on all of them, one after another; one that fails is logged, and found again by the next round.

    Args:
        what: each of them is, for the log.
        items: the things.
        act: done in a database transaction of its own, so that a failure leaves nothing half done.

    Returns:
        How many failed.

    Raises:
        ChainUnavailable: the network gave no answer; the others would get none either.
        DatabaseUnavailable: the same of the database.
    """
    failed = 0
    for item in items:
        try:
            await act(item)
        except (ChainUnavailable, DatabaseUnavailable):
            raise
        except Exception:
            log.exception("chain_step_failed", what=what, item=repr(item))
            failed += 1
    return failed
