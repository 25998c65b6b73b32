"""What the benchmark of a full queue makes of the database's words."""

from uuid import UUID

from benchmarks.queue.figures import Calls, Tally, aims, idle, seconds, table
from benchmarks.queue.records import Launch


def _launch(job: int, *, machine: int = 1, decided: float, ended: float, ran: int = 1) -> Launch:
    return Launch(
        job_id=UUID(int=job),
        provider_id=UUID(int=machine),
        queued=0.0,
        decided=decided,
        launched=decided + 4,
        first_lines=tuple(decided + 10 for _ in range(ran)),
        ended=ended,
        completed=True,
    )


LAUNCHES = [
    _launch(1, decided=1000, ended=1050),
    _launch(2, machine=2, decided=1000, ended=1100),
    _launch(3, decided=1060, ended=1500),
]


def test_a_card_rests_from_the_end_of_one_job_to_the_decision_on_the_next_one_there() -> None:
    assert idle(LAUNCHES) == [10.0]


def test_the_queue_took_from_the_first_decision_to_the_last_end() -> None:
    assert seconds(LAUNCHES) == 0.5


def test_launches_stand_beside_plain_calls_as_a_ratio() -> None:
    rows = table(LAUNCHES, Calls(launch_ms=[2.0, 2.0], line_ms=[5.0, 5.0], seconds=0.1)).rows
    assert [row[-1] for row in rows] == ["2.0 ×", "2.0 ×", "–", "0.30 ×"]
    assert rows[0][1:4] == ("4.0", "4.0", "2.0")


def test_none_lost_and_none_twice_is_an_aim_of_its_own() -> None:
    right = Tally(jobs=3, lost=0, twice=0, unsettled=0, books_balance=True)
    assert right.is_right
    assert all(aim.met for aim in aims(right))
    for wrong in (
        Tally(jobs=3, lost=1, twice=0, unsettled=0, books_balance=True),
        Tally(jobs=3, lost=0, twice=1, unsettled=0, books_balance=True),
        Tally(jobs=3, lost=0, twice=0, unsettled=1, books_balance=True),
        Tally(jobs=3, lost=0, twice=0, unsettled=0, books_balance=False),
    ):
        assert not wrong.is_right
        assert sum(not aim.met for aim in aims(wrong)) == 1
