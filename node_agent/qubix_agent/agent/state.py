"""What the living agent says of itself, in a file that `qubix-agent status` reads."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from qubix.private_file import write_private


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """Attributes:
    status: as the agent reports it to the platform, a `ReportedStatus`.
    attempts: those that run here.
    heard_at: when the platform last answered a heartbeat.
    problem: what stands in the way now, as a sentence.
    """

    worker_id: str
    url: str
    kind: str
    status: str
    ray_node_id: str | None = None
    attempts: tuple[str, ...] = ()
    heard_at: str | None = None
    problem: str | None = None
    simulated: bool = False
    pid: int = field(default_factory=os.getpid)
    written_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat())

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def write_state(state: AgentState, path: Path) -> None:
    """Write it, whole or not at all."""
    write_private(path, json.dumps(state.to_json()), lasting=False)


def read_state(path: Path) -> dict[str, Any] | None:
    """What was written last, None where there is nothing usable."""
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return state
