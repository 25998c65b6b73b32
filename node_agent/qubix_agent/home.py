"""Where an agent keeps its things on the disk."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qubix.errors import InvalidRequest

HOME_VARIABLE: Final = "QUBIX_AGENT_HOME"
URL_VARIABLE: Final = "QUBIX_URL"


@dataclass(frozen=True, slots=True)
class AgentHome:
    """An agent's own folder. One agent at a time works in it; the runners of its node share it."""

    root: Path

    @property
    def identity(self) -> Path:
        """The worker id and the worker token. Private to the owner."""
        return self.root / "identity.json"

    @property
    def lock(self) -> Path:
        """Held by the agent that works here."""
        return self.root / "agent.lock"

    @property
    def state(self) -> Path:
        """What the living agent says of itself, for `qubix-agent status`."""
        return self.root / "state.json"

    @property
    def sent_away(self) -> Path:
        """There while the agent left, or is to leave, on its owner's word. Whoever starts it again takes it away."""
        return self.root / "sent-away"

    @property
    def ray_node(self) -> Path:
        """Which Ray node this agent started, so that its successor finds it."""
        return self.root / "ray-node.json"

    @property
    def ray_token(self) -> Path:
        """The cluster's token. Private to the owner."""
        return self.root / "ray-token"

    @property
    def benchmark(self) -> Path:
        """The last benchmark."""
        return self.root / "benchmark.json"

    @property
    def log(self) -> Path:
        """The agent's log, a JSON object per line."""
        return self.root / "logs" / "agent.log"

    @property
    def bundles(self) -> Path:
        """Cache of bundles by content."""
        return self.root / "bundles"

    @property
    def environments(self) -> Path:
        """Cache of environments by content."""
        return self.root / "environments"

    @property
    def work(self) -> Path:
        """Workspaces of running jobs."""
        return self.root / "work"

    @property
    def running(self) -> Path:
        """Which attempts run here."""
        return self.root / "running"

    def make(self) -> None:
        """Make the folders, closed to other users.

        Raises:
            InvalidRequest: the disk or its permissions refuse.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.log.parent, self.bundles, self.environments, self.work, self.running):
                folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise InvalidRequest(
                asked=f"Using {self.root} as the agent's home",
                obstacle=f"its folders cannot be made ({error})",
                remedy=f"Choose a folder that this user may write to, by --home or {HOME_VARIABLE}.",
            ) from error


def default_home(environment: Mapping[str, str] = os.environ) -> AgentHome:
    """`$QUBIX_AGENT_HOME`, else `agent` below `$QUBIX_HOME`, else the place for such things of this user."""
    if own := environment.get(HOME_VARIABLE):
        return AgentHome(Path(own).expanduser().absolute())
    if platform := environment.get("QUBIX_HOME"):
        return AgentHome(Path(platform).expanduser().absolute() / "agents" / "default")
    base = Path("/var/lib/qubix") if os.geteuid() == 0 else Path.home() / ".qubix"
    return AgentHome(base / "agents" / "default")
