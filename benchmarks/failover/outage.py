"""Taking a provider's whole machine away: its agent, its Ray node and all that runs there."""

import contextlib
import signal
import time
from dataclasses import dataclass
from enum import Enum

import psutil

from benchmarks.stand import NotReady
from qubix_serve.demo.power_cut import worker_id_in
from qubix_serve.supervisor.agents import agent_home, last_node
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import State


class Outage(Enum):
    """How a machine goes: at once, or by falling silent with all its connections open."""

    KILLED = signal.SIGKILL
    FROZEN = signal.SIGSTOP


@dataclass(frozen=True, slots=True)
class Machine:
    """The processes of a provider's machine."""

    worker_id: str
    processes: tuple[psutil.Process, ...]

    def strike(self, outage: Outage) -> int:
        """Take the machine away; when the first signal was sent, in nanoseconds since the epoch."""
        began = time.time_ns()
        self._signal(outage.value)
        return began

    def thaw(self) -> None:
        """Let a frozen machine go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes:
            with contextlib.suppress(psutil.NoSuchProcess):  # its parent's death ended it
                process.send_signal(number)


def machine_of(home: Home, worker_id: str) -> Machine:
    """The machine of a provider that this home's `qubix up` started; its agent and raylet come first.

    Raises:
        NotReady: it does not run.
    """
    state = State.load(home)
    for record in state.agents if state else ():
        if worker_id_in(agent_home(home, record.number).identity) != worker_id:
            continue
        node = last_node(home, record.number)
        agent = record.process.process() if record.process else None
        raylet = node.raylet.process() if node else None
        if node is None or agent is None or raylet is None:
            break
        found = dict.fromkeys([raylet, agent, *agent.children(recursive=True), *node.family()])
        return Machine(worker_id, tuple(found))
    raise NotReady(f"no machine of {worker_id} runs in {home.path}")
