"""When to send a call again, and after how long. Pure: the caller does the waiting."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from qubix.calls import Call, Reply

RETRIED_STATUSES: Final = frozenset({502, 503, 504})


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Exponential backoff with jitter over its upper half, for calls that may be repeated.

    Attributes:
        retries: how often a call is sent again. The default bridges about ten seconds, a restart of the API included.
        first_seconds: upper bound of the first pause; it doubles from then on.
        cap_seconds: upper bound of every pause, one that the server asked for included.
        jitter: gives a number from 0 to 1.
    """

    retries: int = 6
    first_seconds: float = 0.4
    cap_seconds: float = 5.0
    jitter: Callable[[], float] = field(default=random.random, repr=False)

    def after_loss(self, call: Call[Any], *, sent: int) -> float | None:
        """Seconds to wait before the next try once the connection failed `sent` times, or None to give up."""
        if sent > self.retries or not call.may_repeat:
            return None
        return self._backoff(sent)

    def after_reply(self, call: Call[Any], reply: Reply, *, sent: int) -> float | None:
        """Seconds to wait before the next try after this reply, or None to take it as it is."""
        if reply.status not in RETRIED_STATUSES or sent > self.retries or not call.may_repeat:
            return None
        asked_for = reply.headers.get("retry-after", "")
        if asked_for.isdecimal():
            return min(float(asked_for), self.cap_seconds)
        return self._backoff(sent)

    def _backoff(self, sent: int) -> float:
        ceiling: float = min(self.first_seconds * 2 ** (sent - 1), self.cap_seconds)
        return ceiling * (0.5 + self.jitter() / 2)
