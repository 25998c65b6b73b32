"""Why a running attempt is to stop before it ends by itself."""

from enum import IntEnum


class Stop(IntEnum):
    """The stronger reason wins. The values are what is written to the attempt's control pipe."""

    CANCELLED = 1
    """Its consumer cancelled it: stop, and report that."""

    HANDED_OVER = 2
    """This machine leaves: stop, and report that, so that another machine takes the job."""

    OVERHEATED = 3
    """A card of this machine is too hot: stop, and report that, so that another machine takes the job."""

    LEASE_LOST = 4
    """It is no longer this machine's to run: stop, and report nothing."""


def strongest(orders: bytes, current: Stop | None) -> Stop | None:
    """The strongest of what was read from the control pipe and what was known before."""
    known = [Stop(order) for order in orders if order in Stop.__members__.values()]
    return max([*known, *([current] if current else [])], default=None)
