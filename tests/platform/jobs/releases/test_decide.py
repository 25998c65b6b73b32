"""Which of the jobs that are held back may go."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from qubix_platform.jobs.releases.decide import HeldBack, Turn, plan

ARRAYS = st.sampled_from([UUID(int=1), UUID(int=2)])


@st.composite
def waiting(draw: st.DrawFn) -> list[HeldBack]:
    rooms = {UUID(int=at): (draw(st.integers(1, 5)), draw(st.integers(0, 6))) for at in (1, 2)}
    found = []
    for number in range(draw(st.integers(0, 12))):
        array_id = draw(st.none() | ARRAYS)
        turn = None
        if array_id is not None:
            turn = Turn(array_id=array_id, at_once=rooms[array_id][0], active=rooms[array_id][1])
        failed = draw(st.sampled_from([None, None, "job X"]))
        found.append(HeldBack(id=UUID(int=100 + number), failed=failed, turn=turn))
    return found


@given(waiting())
def test_no_array_runs_more_at_once_than_it_says_and_nobody_waits_who_need_not(jobs: list[HeldBack]) -> None:
    decided = plan(jobs)
    assert set(decided.end) == {job.id for job in jobs if job.failed}
    by_array: dict[UUID | None, list[HeldBack]] = {}
    for job in jobs:
        if not job.failed:
            by_array.setdefault(job.turn.array_id if job.turn else None, []).append(job)
    for array_id, members in by_array.items():
        gone = [job.id for job in members if job.id in decided.release]
        room = len(members)
        if array_id is not None and members[0].turn is not None:
            room = max(0, members[0].turn.at_once - members[0].turn.active)
        assert gone == [job.id for job in members][: max(0, room)]
