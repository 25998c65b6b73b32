"""Every part of a real platform is killed or frozen while jobs run; each job still ends once, and is paid once.

The quick round of `make test`: each blow once, on one platform that has to recover from each before the next.
"""

import signal
from collections.abc import Iterator

import httpx
import pytest

from qubix import Job
from qubix.schemas.attempts import Attempt
from qubix.schemas.states import AttemptStatus, LogStream
from qubix_platform.auth.tokens import attempt_token
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_serve.supervisor.home import Home, Secrets
from tests.chaos.scene import Scene, eventually, scene, strike

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def arena() -> Iterator[Scene]:
    """The platform that all of this module strikes."""
    with scene() as started:
        yield started


@pytest.fixture
def under_load(arena: Scene) -> Iterator[Scene]:
    """Jobs run when the test begins; what has to hold is checked when it ends."""
    arena.await_first_lines(arena.submit(3))
    yield arena
    arena.check_all()
    arena.await_recovery()


def test_sigkill_of_a_providers_node(under_load: Scene) -> None:
    job = under_load.latest
    struck = under_load.provider_of(job)
    strike(under_load.node_processes(struck))
    eventually("the job runs elsewhere", lambda: job.info.attempts >= 2)
    lost = job.monitor().attempts[0]
    assert lost.status is AttemptStatus.LOST
    assert lost.billable_seconds == 0


def test_a_frozen_provider_whose_late_word_is_refused(under_load: Scene) -> None:
    job = under_load.latest
    frozen = under_load.provider_processes(under_load.provider_of(job))
    strike(frozen, signal.SIGSTOP)
    try:
        eventually("the job runs elsewhere", lambda: job.info.attempts >= 2)
        lost = job.monitor().attempts[0]
        said = _entries_of(job, attempt=lost.number)
        assert _reports_late(under_load, job, lost) == {"progress": "attempt_fenced", "complete": "attempt_fenced"}
    finally:
        strike(frozen, signal.SIGCONT)
    eventually("the job is final", lambda: job.info.status.is_final)
    first, *_, last = job.monitor().attempts
    assert (first.status, last.status) == (AttemptStatus.LOST, AttemptStatus.COMPLETED)
    assert (first.billable_seconds, first.progress) == (0, lost.progress)
    assert _entries_of(job, attempt=lost.number) == said, "what it said when it was thawed is not the job's"


def test_sigkill_of_the_scheduler(under_load: Scene) -> None:
    strike([under_load.platform_process("ray::SchedulerActor")])
    under_load.submit(1)
    _nothing_began_anew(under_load)


def test_sigkill_of_an_api_replica(under_load: Scene) -> None:
    strike([under_load.platform_process("ray::ServeReplica")])
    under_load.submit(1)
    _nothing_began_anew(under_load)


def test_sigkill_of_postgresql(under_load: Scene) -> None:
    pid = EmbeddedPostgres(Home.locate(under_load.home).postgres).pid
    assert pid is not None
    strike([process for process in under_load.platform.descendants() if process.pid == pid])
    under_load.submit(1)
    _nothing_began_anew(under_load)


def test_sigkill_of_the_control_store(under_load: Scene) -> None:
    strike([under_load.platform_process("gcs_server")])
    under_load.submit(1)
    _nothing_began_anew(under_load)


def test_sigkill_of_an_agent_alone(under_load: Scene) -> None:
    job = under_load.latest
    strike([under_load.agent_process(under_load.provider_of(job))])
    _nothing_began_anew(under_load)


def test_sigkill_of_qubix_up_itself(under_load: Scene) -> None:
    under_load.platform.process.kill()
    under_load.platform.process.wait()
    under_load.restart_platform()
    under_load.submit(1)
    _nothing_began_anew(under_load)


@pytest.mark.proof
def test_ctrl_c_ends_the_jobs_unbilled_and_the_next_start_runs_them_anew(under_load: Scene) -> None:
    under_load.platform.stop(signal.SIGINT)
    assert under_load.platform.process.returncode == 0
    assert under_load.platform.descendants() == []
    under_load.restart_platform()
    under_load.submit(1)
    stopped = [job for job, _, _ in under_load.jobs][:-1]
    eventually("the jobs are final", lambda: all(job.info.status.is_final for job in stopped))
    for job in stopped:
        first, *_, last = job.monitor().attempts
        assert (first.status, first.cost) == (AttemptStatus.LOST, 0), "what it did is lost with the platform"
        assert last.status is AttemptStatus.COMPLETED
        assert job.receipt().cost == last.cost


def _nothing_began_anew(struck: Scene) -> None:
    """What runs on the nodes outlives what was struck: each job has one attempt."""
    eventually("nothing was lost", lambda: all(job.info.status.is_final for job, _, _ in struck.jobs))
    assert [job.info.attempts for job, _, _ in struck.jobs] == [1] * len(struck.jobs)


def _entries_of(job: Job, *, attempt: int) -> list[str]:
    return [entry.text for entry in job.logs() if entry.attempt == attempt and entry.stream is LogStream.STDOUT]


def _reports_late(struck: Scene, job: Job, lost: Attempt) -> dict[str, str]:
    """Say with a lost attempt's own token that it came further, and that it is done; the refusals' codes."""
    secret = Secrets.load_or_make(Home.locate(struck.home)).qubix_secret.encode()
    token = attempt_token(secret=secret, attempt_id=lost.id)
    reports = {"progress": {"progress": 99}, "complete": {"status": "completed", "exitCode": 0}}
    answers = {
        what: httpx.post(
            f"{struck.platform.url}/api/jobs/{job.id}/{what}",
            json=report,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
        )
        for what, report in reports.items()
    }
    return {what: answer.json()["error"]["code"] for what, answer in answers.items()}
