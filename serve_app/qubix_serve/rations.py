"""What a client may do so often a minute without signing in."""

from collections import deque
from typing import Final

_MINUTE: Final = 60.0
_KNOWN: Final = 10_000


class Ration:
    """How often each client's address did something that strangers may. Kept in this replica alone.

    Args:
        a_minute: how often an address may.
    """

    def __init__(self, *, a_minute: int) -> None:
        self._a_minute = a_minute
        self._times: dict[str, deque[float]] = {}

    def allows(self, address: str, *, now: float) -> bool:
        """Whether this address may once more; if so, it counts.

        Args:
            address: of the client.
            now: seconds of any clock that never goes back.
        """
        times = self._times.setdefault(address, deque())
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= self._a_minute:
            return False
        times.append(now)
        if len(self._times) > _KNOWN:
            self._times = {known: kept for known, kept in self._times.items() if kept[-1] > now - _MINUTE}
        return True
