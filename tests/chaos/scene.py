"""A real platform with jobs running, parts of it to strike, and what has to hold afterwards."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar
from uuid import uuid4

import psutil
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from qubix import Client, Job
from qubix.errors import QubixError
from qubix.schemas.monitor import JobMonitor
from qubix.schemas.states import AttemptStatus, JobStatus, LogStream, ProviderStatus
from qubix_agent.home import HOME_VARIABLE as AGENT_HOME_VARIABLE
from qubix_agent.home import AgentHome
from qubix_agent.ray_node.identity import marked
from qubix_serve.demo.host import verify_ledger
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import State
from tests.node_agent.seeding import seeded_home
from tests.platform_process import PlatformProcess, new_port, temporary_home

T = TypeVar("T")

PROVIDERS: Final = ("RTX 4090:2", "RTX 4090:2", "RTX 4090:2")
JOB_SECONDS: Final = 10.0
RECOVERY_SECONDS: Final = 180.0
_BALANCE: Final = 10**12
_TICKING = """
import sys, time
import qubix
ticks = int(sys.argv[1])
for tick in range(ticks):
    print("tick", tick, flush=True)
    qubix.progress((tick + 1) / ticks)
    time.sleep(0.1)
"""


def eventually(what: str, look: Callable[[], T | None], *, seconds: float = RECOVERY_SECONDS) -> T:
    """What `look` finds, as soon as it finds something. The platform may be away meanwhile."""

    def look_again() -> T | None:
        try:
            return look()
        except QubixError:
            return None

    retrying = Retrying(
        retry=retry_if_result(lambda found: not found), stop=stop_after_delay(seconds), wait=wait_fixed(0.1)
    )
    try:
        found = retrying(look_again)
    except RetryError:
        raise AssertionError(f"{what}: not within {seconds} s") from None
    assert found
    return found


@dataclass
class Scene:
    """A platform under attack."""

    platform: PlatformProcess
    client: Client
    home: Path
    arguments: tuple[str, ...]
    api_key: str
    jobs: list[tuple[Job, str, int]] = field(default_factory=list)

    def submit(self, count: int, *, seconds: float = JOB_SECONDS) -> list[Job]:
        """Jobs that tick ten times a second, each on a GPU of its own."""
        ticks = int(seconds * 10)
        for _ in range(count):
            marker = f"chaos-{uuid4().hex}"
            job = self.client.submit(
                source=_TICKING,
                arguments=[str(ticks), marker],
                gpu="RTX 4090",
                max_price=10**7,
                timeout="2m",
                max_attempts=10,
                name=marker,
            )
            self.jobs.append((job, marker, ticks))
        return [job for job, _, _ in self.jobs[-count:]]

    def await_first_lines(self, jobs: list[Job]) -> None:
        """Until every job has printed something."""
        for job in jobs:
            next(entry for entry in job.logs(follow=True) if entry.stream is LogStream.STDOUT)

    @property
    def latest(self) -> Job:
        """The job that was submitted last: it has the most of its run before it."""
        return self.jobs[-1][0]

    def check_all(self) -> list[JobMonitor]:
        """Wait for the jobs, and hold everything against what has to be true; the jobs as they ended."""
        seen = [self._finished(job) for job, _, _ in self.jobs]
        for monitor, (job, _, ticks) in zip(seen, self.jobs, strict=True):
            _assert_ran_exactly_once(job, monitor, ticks)
        markers = {marker for _, marker, _ in self.jobs}
        eventually("nothing of the jobs is left running", lambda: not _processes_with(markers))
        code, found = verify_ledger(self.home)
        assert code == 0, found
        eventually("every GPU is free again", self.everything_is_free)
        self.jobs.clear()
        return seen

    def await_recovery(self) -> None:
        """Until every part answers and every provider is online again."""
        eventually("the platform is healthy", lambda: self.client.health().status == "ok")
        eventually("every provider is online", lambda: len(self.online()) == len(PROVIDERS))

    def online(self) -> list[str]:
        """Worker ids of the providers that are online."""
        return [each.worker_id for each in self.client.providers() if each.status is ProviderStatus.ONLINE]

    def provider_of(self, job: Job) -> int:
        """Which agent of the home runs a job."""
        worker_id = job.info.worker_id
        assert worker_id is not None, "it runs nowhere"
        return self.provider_named(worker_id)

    def provider_named(self, worker_id: str) -> int:
        """Which agent of the home has this id."""
        for number in range(1, len(PROVIDERS) + 1):
            identity = json.loads(AgentHome(self._agent_home(number)).identity.read_text())
            if worker_id in identity.values():
                return number
        raise AssertionError(f"no agent of this home is {worker_id}")

    def provider_processes(self, number: int) -> list[psutil.Process]:
        """Everything of one provider: its agent, its node, its workers, its jobs."""
        return marked(AGENT_HOME_VARIABLE, str(self._agent_home(number)))

    def node_processes(self, number: int) -> list[psutil.Process]:
        """Everything of one provider but its agent."""
        agent = self.agent_process(number)
        return [process for process in self.provider_processes(number) if process.pid != agent.pid]

    def agent_process(self, number: int) -> psutil.Process:
        """The process of one agent."""
        record = next(agent for agent in self.state().agents if agent.number == number)
        assert record.process is not None
        return psutil.Process(record.process.pid)

    def platform_process(self, title: str) -> psutil.Process:
        """A process of the platform's own by a word of its command line."""
        found = [process for process in self.platform.descendants() if title in " ".join(process.cmdline())]
        assert found, f"no process of the platform is called {title}"
        return found[0]

    def state(self) -> State:
        """What the supervisor wrote down."""
        state = State.load(Home.locate(self.home))
        assert state is not None
        return state

    def restart_platform(self) -> None:
        """`qubix up` again, on the same home."""
        self.platform = PlatformProcess(self.home, port=self.platform.port, arguments=self.arguments)
        self.platform.ready()

    def everything_is_free(self) -> bool:
        """Whether no provider has anything booked."""
        return all(gpu.allocated_milli == 0 for each in self.client.providers() for gpu in each.gpus)

    def _agent_home(self, number: int) -> Path:
        return Home.locate(self.home).agents / str(number)

    def _finished(self, job: Job) -> JobMonitor:
        def look() -> JobMonitor | None:
            monitor = job.monitor()
            return monitor if monitor.job.status.is_final else None

        return eventually(f"job {job.name} is final", look)


def strike(processes: list[psutil.Process], number: signal.Signals = signal.SIGKILL) -> None:
    """Send a signal to all of them, as close together as can be. One that ended a moment ago is none the worse."""
    for process in processes:
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            continue


@contextmanager
def scene() -> Iterator[Scene]:
    """A platform with three simulated providers and a user who can pay."""
    with temporary_home() as home:
        for number in range(1, len(PROVIDERS) + 1):
            seeded_home(Home.locate(home).agents / str(number))
        arguments = ("--simulate", ", ".join(PROVIDERS), "--replicas", "2")
        platform = PlatformProcess(home, port=new_port(), arguments=arguments)
        facts = platform.ready()
        with Client(facts["url"], facts["apiKey"]) as client:
            client.credit(_BALANCE)
            played = Scene(platform, client, home, arguments, facts["apiKey"])
            played.await_recovery()
            yield played
            played.platform.stop()
        assert played.platform.descendants() == [], "something of the platform is left running after it was stopped"


def _assert_ran_exactly_once(job: Job, monitor: JobMonitor, ticks: int) -> None:
    ended = [attempt for attempt in monitor.attempts if attempt.status is AttemptStatus.COMPLETED]
    assert monitor.job.status is JobStatus.COMPLETED, (monitor.job.cause, monitor.job.error, monitor.attempts)
    assert len(ended) == 1, monitor.attempts
    assert all(attempt.status.is_final for attempt in monitor.attempts)
    assert all(attempt.cost == 0 for attempt in monitor.attempts if attempt is not ended[0])
    printed = [
        entry.text for entry in job.logs() if entry.attempt == ended[0].number and entry.stream is LogStream.STDOUT
    ]
    assert "".join(printed).splitlines() == [f"tick {tick}" for tick in range(ticks)]


def _processes_with(markers: set[str]) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline", "status"])
        if markers & set(process.info["cmdline"] or []) and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
