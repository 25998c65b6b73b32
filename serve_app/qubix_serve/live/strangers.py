"""What sockets may do that have not signed in."""

from collections import deque
from typing import Final

REPLAYS_A_MINUTE: Final = 10
SIGN_IN_SECONDS: Final = 30.0
"""How long a socket may be open and neither sign in nor subscribe to anything."""

_MINUTE: Final = 60.0
_KNOWN: Final = 10_000


class Strangers:
    """How often each client's address had the past replayed to it without signing in. Kept in this replica alone."""

    def __init__(self) -> None:
        self._replays: dict[str, deque[float]] = {}

    def may_replay(self, address: str, *, now: float) -> bool:
        """Whether this address may have the past once more; if so, it counts.

        Args:
            address: of the client.
            now: seconds of any clock that never goes back.
        """
        times = self._replays.setdefault(address, deque())
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= REPLAYS_A_MINUTE:
            return False
        times.append(now)
        if len(self._replays) > _KNOWN:
            self._replays = {known: kept for known, kept in self._replays.items() if kept[-1] > now - _MINUTE}
        return True
