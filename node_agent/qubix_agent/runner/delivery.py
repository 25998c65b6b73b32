"""Sending a call again and again until it is answered, or nobody wants the answer any more."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from qubix.errors import (
    Conflict,
    ConnectionFailed,
    InternalError,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TooManyRequests,
    Unavailable,
)

T = TypeVar("T")

AWAY: Final = (ConnectionFailed, Unavailable, TooManyRequests)
"""The platform cannot answer now."""

PASSING: Final = (*AWAY, InternalError)
"""Errors that may be gone at the next try."""

NO_LONGER_OURS: Final = (Conflict, NotAuthenticated, NotAllowed, NotFound)
"""Answers by which the platform says that the attempt is not, or no more, this runner's."""


class NoLongerWanted(Conflict):
    """What was being prepared has no use any more."""

    code = "no_longer_wanted"


def require_wanted(unwanted: threading.Event) -> None:
    """Go on only if somebody still wants it.

    Raises:
        NoLongerWanted: nobody does.
    """
    if unwanted.is_set():
        raise NoLongerWanted(
            asked="Preparing the job", obstacle="it was told to stop meanwhile", remedy="Submit it again."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """How long to keep trying.

    Attributes:
        unreachable_seconds: after so long without any answer the attempt counts as lost. Long, because a platform that
            restarts takes over what runs, while a lease that ran out meanwhile is refused by the platform itself.
        broken_seconds: answers 500 for so long mean that the call itself is the reason.
        first_seconds: upper bound of the first pause, doubled from try to try.
        longest_seconds: upper bound of every pause.
    """

    unreachable_seconds: float = 600.0
    broken_seconds: float = 60.0
    first_seconds: float = 0.1
    longest_seconds: float = 3.0


def deliver(send: Callable[[], T], *, policy: DeliveryPolicy, unwanted: threading.Event) -> T:
    """The answer to a call, which is sent again with growing random pauses as long as its failure may pass.

    Args:
        unwanted: ends the trying early.

    Raises:
        QubixError: the answer that will not change, or the last failure.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(PASSING),
        wait=wait_random_exponential(multiplier=policy.first_seconds, max=policy.longest_seconds),
        stop=lambda state: unwanted.is_set() or _is_enough(state, policy),
        sleep=lambda seconds: _pause(seconds, unwanted),
        reraise=True,
    )
    return retrying(send)


def _is_enough(state: RetryCallState, policy: DeliveryPolicy) -> bool:
    error = state.outcome.exception() if state.outcome else None
    patience = policy.broken_seconds if isinstance(error, InternalError) else policy.unreachable_seconds
    return (state.seconds_since_start or 0.0) > patience


def _pause(seconds: float, unwanted: threading.Event) -> None:
    unwanted.wait(seconds)
