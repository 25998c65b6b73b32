"""Provider agents that `qubix up` starts, each a process of its own with a home of its own."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil

from qubix.settings import normalise
from qubix_agent.agent.identity import read_identity
from qubix_agent.home import HOME_VARIABLE as AGENT_HOME_VARIABLE
from qubix_agent.home import AgentHome
from qubix_agent.ray_node import ProcessIdentity, RayNode, adopt
from qubix_agent.ray_node.environment import clean_environment
from qubix_agent.ray_node.record import load
from qubix_serve.supervisor.home import HOME_VARIABLE, Home
from qubix_serve.supervisor.state import AgentRecord

# Where this machine gets packages from: an agent builds its jobs' environments with pip.
_FOR_PIP: Final = (
    "PIP_",
    "SSL_CERT_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)

# Each of several agents of one machine pretends to have one of these, unless it is said otherwise.
DEFAULT_SIMULATED: Final = "RTX 4090:1"
OWN_HARDWARE: Final = "own"


def wanted_agents(known: Sequence[AgentRecord], *, simulate: Sequence[str]) -> tuple[AgentRecord, ...]:
    """The agents that a home is to run: those it has, with what is asked for now, and new ones where it has too few.

    An agent that is not asked for any more is left out; its folder stays, and asking for it again brings it back.
    """
    by_number = {record.number: record for record in known}
    return tuple(
        replace(by_number.get(number, AgentRecord(number=number, simulate=gpus)), simulate=gpus)
        for number, gpus in enumerate(simulate, start=1)
    )


def simulated_gpus(text: str, *, providers: int) -> tuple[str, ...]:
    """One entry of simulated GPUs for each agent that is asked for.

    Args:
        text: comma-separated, such as "RTX 4090:1, A100-80GB:2"; one agent for each item. The item "own" is an agent
            with the machine's own hardware: an empty entry.
        providers: how many agents at least; those that `text` does not name get `DEFAULT_SIMULATED`.
    """
    items = [item.strip() for item in text.split(",") if item.strip()]
    named = ["" if item == OWN_HARDWARE else item for item in items]
    return (*named, *[DEFAULT_SIMULATED] * (providers - len(named)))


def agent_home(home: Home, number: int) -> AgentHome:
    """The folder of one agent."""
    return AgentHome(home.agents / str(number))


def is_registered(home: Home, number: int, *, url: str) -> bool:
    """Whether the agent has joined the platform at this address before, so that it needs no join token.

    One that was interrupted on its way has an identity, and no token; and it shows its token to that address alone.

    Raises:
        InvalidRequest: its identity is damaged.
    """
    identity = read_identity(agent_home(home, number).identity)
    return identity is not None and identity.token_for(normalise(url)) is not None


def was_sent_away(home: Home, number: int) -> bool:
    """Whether the agent ended, or is about to, because the machine's owner has it take no more work."""
    return agent_home(home, number).sent_away.exists()


def start_agent(home: Home, record: AgentRecord, *, url: str, token: str | None) -> AgentRecord:
    """Start the agent's process; return its record with it. It outlives this process.

    Args:
        home: the platform's.
        record: which agent.
        url: the API's.
        token: a join token, for an agent that has not joined before. Goes by the environment, for a command line
            can be read by every user.
    """
    folder = agent_home(home, record.number).root
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    agent_home(home, record.number).sent_away.unlink(missing_ok=True)
    _share_environments(home, folder)
    command = [sys.executable, "-m", "qubix_agent.cli", "join", url]
    command += ["--simulate", record.simulate] if record.simulate else []
    environment = {name: value for name, value in os.environ.items() if name.startswith(_FOR_PIP)}
    environment |= clean_environment() | {AGENT_HOME_VARIABLE: str(folder), HOME_VARIABLE: str(home.path)}
    if token is not None:
        environment["QUBIX_JOIN_TOKEN"] = token
    with _log(home, record.number).open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,
        )
    return replace(record, process=ProcessIdentity.of(process.pid, role=f"agent {record.number}"))


def _share_environments(home: Home, folder: Path) -> None:
    """Let the agents of one home build each environment once between them, instead of once each."""
    home.environments.mkdir(mode=0o700, exist_ok=True)
    own = AgentHome(folder).environments
    if not own.exists():
        own.symlink_to(home.environments)


def agent_node(home: Home, number: int) -> RayNode | None:
    """The agent's Ray node, when it runs."""
    return adopt(agent_home(home, number).ray_node)


def last_node(home: Home, number: int) -> RayNode | None:
    """The Ray node that the agent started last, running or not."""
    return load(agent_home(home, number).ray_node)


def ask_to_end(records: Sequence[AgentRecord]) -> list[psutil.Process]:
    """Send SIGTERM to the agents that run, and return them."""
    asked = []
    for record in records:
        process = record.process.process() if record.process else None
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):  # it may end on its own meanwhile
                process.terminate()
            asked.append(process)
    return asked


def _log(home: Home, number: int) -> Path:
    return home.logs / f"agent-{number}.log"
