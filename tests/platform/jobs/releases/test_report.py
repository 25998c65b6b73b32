"""What a job is told that is held back."""

from uuid import UUID

from qubix.schemas.states import JobStatus
from qubix.schemas.waiting import AwaitedJob
from qubix_platform.jobs.releases.report import report


def test_the_first_is_named_and_the_others_counted() -> None:
    awaited = [AwaitedJob(id=UUID(int=at), name=f"job {at}", status=JobStatus.RUNNING, progress=40) for at in range(2)]
    found = report(awaited, total=300)
    assert found.summary == (
        "It runs after job 00000000-0000-0000-0000-000000000000 (job 0), which is RUNNING at 40 %, and after 299 more."
    )
    assert found.waits_for == awaited
    assert report([], total=0).summary.endswith("it is about to be queued.")
