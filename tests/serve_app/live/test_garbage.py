import asyncio
import gc
import weakref

import pytest

from qubix_serve.live.garbage import FEWEST_GONE, LONGEST_SECONDS, MOST_GROWN_MIB, Garbage, is_due


class Socket:
    """Refers to itself, so that only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.parametrize(
    ("gone", "there", "seconds", "grown", "due"),
    [
        (0, 10_000, LONGEST_SECONDS - 1, MOST_GROWN_MIB - 1, False),
        (FEWEST_GONE - 1, 0, 5, 0, False),
        (FEWEST_GONE, 10_000, 5, 0, False),
        (FEWEST_GONE, FEWEST_GONE, 5, 0, True),
        (10_000, 10_000, 5, -100, True),
        (0, 10_000, LONGEST_SECONDS, 0, True),
        (0, 10_000, 5, MOST_GROWN_MIB, True),
    ],
)
def test_sockets_that_stay_are_looked_through_seldom_and_those_that_went_soon(
    gone: int, there: int, seconds: float, grown: float, due: bool
) -> None:
    assert is_due(gone=gone, there=there, seconds=seconds, grown_mib=grown) is due


async def test_what_many_sockets_leave_behind_is_freed_although_python_does_not_look_by_itself() -> None:
    before = gc.get_threshold()
    freed = asyncio.Event()
    async with Garbage(period=0.01) as garbage:
        socket = Socket()
        weakref.finalize(socket, freed.set)
        gc.collect(1)  # it is old now
        assert gc.get_threshold()[:2] == before[:2]
        assert gc.get_threshold()[2] > 1_000_000
        del socket
        for _ in range(FEWEST_GONE):
            garbage.came()
            garbage.left()
        await asyncio.wait_for(freed.wait(), 10)
    assert gc.get_threshold() == before
