"""Whether a job can still be done by its deadline."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.states import JobStatus
from qubix_platform.jobs.deadlines.decide import Deadline, missed

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@given(
    left=st.integers(-100, 10_000),
    status=st.sampled_from([JobStatus.PENDING, JobStatus.ASSIGNED, JobStatus.RUNNING]),
    compute=st.floats(0, 1e6),
    fastest=st.none() | st.floats(0.1, 1e3),
)
def test_it_is_missed_when_it_is_over_or_no_machine_could_make_it(
    left: int, status: JobStatus, compute: float, fastest: float | None
) -> None:
    job = Deadline(at=NOW + timedelta(seconds=left), status=status, compute_needed=compute, fastest=fastest)
    is_hopeless = status is JobStatus.PENDING and fastest is not None and compute > 0 and compute / fastest > left
    assert (missed(job, NOW) is not None) == (left <= 0 or is_hopeless)
