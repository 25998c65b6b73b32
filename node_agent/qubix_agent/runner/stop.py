"""Why a running attempt is to stop before it ends by itself."""

from enum import IntEnum
from typing import Final


class Stop(IntEnum):
    """The values are what is written to the attempt's control pipe. A runner outlives the agent that launched it, and
    hears from that one's update: a value keeps its meaning for ever, and is not how strong the reason is.
    """

    CANCELLED = 1
    """Its consumer cancelled it: stop, and report that."""

    HANDED_OVER = 2
    """This machine leaves: stop, and report that, so that another machine takes the job."""

    LEASE_LOST = 3
    """It is no longer this machine's to run: stop, and report nothing."""

    OVERHEATED = 4
    """A card of this machine is too hot: stop, and report that, so that another machine takes the job."""

    @property
    def strength(self) -> int:
        """The stronger reason wins."""
        return _BY_STRENGTH.index(self)


_BY_STRENGTH: Final = (Stop.CANCELLED, Stop.HANDED_OVER, Stop.OVERHEATED, Stop.LEASE_LOST)


def strongest(orders: bytes, current: Stop | None) -> Stop | None:
    """The strongest of what was read from the control pipe and what was known before."""
    known = [Stop(order) for order in orders if order in Stop.__members__.values()]
    return max([*known, *([current] if current else [])], key=lambda stop: stop.strength, default=None)
