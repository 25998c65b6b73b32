"""Every part of a real platform is killed or frozen while jobs run; each job still ends once, and is paid once.

The quick round of `make test`: each blow once, on one platform that has to recover from each before the next.
"""

import signal
from collections.abc import Iterator

import pytest

from qubix.schemas.states import AttemptStatus
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_serve.supervisor.home import Home
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
    finally:
        strike(frozen, signal.SIGCONT)
    eventually("the job is final", lambda: job.info.status.is_final)
    statuses = [attempt.status for attempt in job.monitor().attempts]
    assert (statuses[0], statuses[-1]) == (AttemptStatus.LOST, AttemptStatus.COMPLETED)


def test_sigkill_of_the_scheduler(under_load: Scene) -> None:
    strike([under_load.platform_process("ray::SchedulerActor")])
    under_load.submit(1)
    eventually("nothing was lost", lambda: all(job.info.status.is_final for job, _, _ in under_load.jobs))
    assert all(job.info.attempts == 1 for job, _, _ in under_load.jobs)


def test_sigkill_of_an_api_replica(under_load: Scene) -> None:
    strike([under_load.platform_process("ray::ServeReplica")])
    under_load.submit(1)
    eventually("nothing was lost", lambda: all(job.info.status.is_final for job, _, _ in under_load.jobs))
    assert all(job.info.attempts == 1 for job, _, _ in under_load.jobs)


def test_sigkill_of_postgresql(under_load: Scene) -> None:
    pid = EmbeddedPostgres(Home.locate(under_load.home).postgres).pid
    assert pid is not None
    strike([process for process in under_load.platform.descendants() if process.pid == pid])
    under_load.submit(1)


def test_sigkill_of_the_control_store(under_load: Scene) -> None:
    strike([under_load.platform_process("gcs_server")])
    under_load.submit(1)


def test_sigkill_of_an_agent_alone(under_load: Scene) -> None:
    job = under_load.latest
    strike([under_load.agent_process(under_load.provider_of(job))])


def test_sigkill_of_qubix_up_itself(under_load: Scene) -> None:
    under_load.platform.process.kill()
    under_load.platform.process.wait()
    under_load.restart_platform()
    under_load.submit(1)
