"""A provider on a machine of its own, joined by TLS with certificates of ours, loses its network in mid-job."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from qubix import Client, Job
from qubix.schemas.states import AttemptStatus, LogStream, ProviderStatus, Trust
from qubix_agent.home import AgentHome
from qubix_serve.demo.host import verify_ledger
from tests.certificates import make_certificates
from tests.chaos.network import Machine, other_machine
from tests.chaos.scene import eventually
from tests.node_agent.seeding import seeded_home
from tests.platform_process import PlatformProcess, new_port, temporary_home

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.xdist_group("chaos"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network namespace"),
]

_TICKING = """
import time
for tick in range(80):
    print("tick", tick, flush=True)
    time.sleep(0.1)
"""
_AGENT_LEAVES_SECONDS = 60


@dataclass(frozen=True)
class Remote:
    """A platform that listens beyond loopback, and the cheaper of two providers that joined it from elsewhere."""

    client: Client
    home: Path
    machine: Machine
    worker_id: str


@contextmanager
def environment_with(variables: dict[str, str]) -> Iterator[None]:
    """What `qubix up` and its nodes find in their environment."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def joined_agent(machine: Machine, client: Client, root: Path, *, price: int) -> Iterator[str]:
    """An agent on another machine, for so many QU per hour; its worker id."""
    home = seeded_home(root)
    invitation = client.join_token(trust=Trust.MEMBER)
    join = ("join", client.url, "--token", invitation.token, "--home", str(root), "--simulate", "RTX 4090:1")
    command = machine.command(
        sys.executable, "-m", "qubix_agent.cli", *join, "--price", str(price), "--node-ip", machine.there
    )
    with (root / "agent.out").open("wb") as said:
        agent = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
    try:
        yield eventually("the remote provider is online", lambda: _online_from(client, home, agent))
    finally:
        agent.send_signal(signal.SIGINT)
        agent.wait(timeout=_AGENT_LEAVES_SECONDS)


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Remote]:
    with ExitStack() as stack:
        machine, other = stack.enter_context(other_machine()), stack.enter_context(other_machine())
        home = stack.enter_context(temporary_home())
        addresses = [machine.here, machine.there, other.here, other.there, "127.0.0.1"]
        stack.enter_context(environment_with(make_certificates(tmp_path, addresses=addresses)))
        arguments = ["--host", machine.here]
        platform = stack.enter_context(PlatformProcess(home, port=new_port(), arguments=arguments))
        facts = platform.ready()
        client = stack.enter_context(Client(facts["url"], facts["apiKey"]))
        client.credit(10**12)
        stack.enter_context(joined_agent(other, client, home / "other-agent", price=2000))
        worker_id = stack.enter_context(joined_agent(machine, client, home / "remote-agent", price=1000))
        yield Remote(client, home, machine, worker_id)


def test_a_provider_whose_network_is_cut_loses_its_job_and_is_not_heard_later(remote: Remote) -> None:
    job = remote.client.submit(source=_TICKING, gpu="RTX 4090", max_price=10**7, timeout="2m", name="cut")
    next(entry for entry in job.logs(follow=True) if entry.stream is LogStream.STDOUT)
    assert job.info.worker_id == remote.worker_id
    remote.machine.cut()
    try:
        eventually("the job runs elsewhere", lambda: job.info.attempts >= 2)
    finally:
        remote.machine.mend()
    eventually("the job is final", lambda: job.info.status.is_final)
    attempts = job.monitor().attempts
    assert (attempts[0].status, attempts[-1].status) == (AttemptStatus.LOST, AttemptStatus.COMPLETED)
    assert attempts[0].cost == 0
    assert _printed(job, attempt=len(attempts)) == [f"tick {tick}" for tick in range(80)]
    assert verify_ledger(remote.home)[0] == 0
    eventually("the provider is back", lambda: _is_online(remote.client, remote.worker_id))


def _printed(job: Job, *, attempt: int) -> list[str]:
    lines = [entry.text for entry in job.logs() if entry.attempt == attempt and entry.stream is LogStream.STDOUT]
    return "".join(lines).splitlines()


def _online_from(client: Client, home: AgentHome, agent: subprocess.Popen[bytes]) -> str | None:
    assert agent.poll() is None, (home.root / "agent.out").read_text()
    if not home.identity.exists():
        return None
    known = home.identity.read_text()
    return next((each.worker_id for each in client.providers() if each.worker_id in known and each.is_online), None)


def _is_online(client: Client, worker_id: str) -> bool:
    return any(each.worker_id == worker_id and each.status is ProviderStatus.ONLINE for each in client.providers())
