import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.status_through_transition import LAW

SERVICE = "platform/qubix_platform/jobs/service.py"
OFFENDERS = [
    "job.status = JobStatus.COMPLETED",
    "self.job.status = 'FAILED'",
    "setattr(job, 'status', new)",
    "update(Job).where(Job.id == key).values(status='FAILED')",
    "run('update jobs set status = $1 where id = $2')",
    "run('UPDATE jobs SET queued_at = now(), status = $1')",
    "run('insert into jobs (id) values (1) on conflict (id) do update set status = $1')",
]


@pytest.mark.parametrize("text", OFFENDERS)
def test_catches_a_status_set_by_hand(text: str) -> None:
    assert offending_lines(LAW, SERVICE, text) == [1]
    assert offending_lines(LAW, "actors/qubix_actors/scheduler.py", text) == [1]


@pytest.mark.parametrize("text", OFFENDERS)
def test_allows_it_in_the_transition(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/jobs/transition.py", text) == []


@pytest.mark.parametrize(
    "text",
    [
        "status = job.status",
        "insert(Job).values(status='PENDING')",
        "run('update jobs set queued_at = now() where status = $1')",
        "run('select status from jobs where status = $1')",
        "class NotFound(QubixError):\n    status: int = 404",
    ],
)
def test_passes_what_only_reads_or_begins(text: str) -> None:
    assert offending_lines(LAW, SERVICE, text) == []
