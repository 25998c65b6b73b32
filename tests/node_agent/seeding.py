"""An agent's home in which the default environment is there already, empty, so that no test waits for an index."""

import json
import venv
from pathlib import Path

from qubix_agent.environments.requirements import environment_sha, normalise
from qubix_agent.home import AgentHome
from qubix_agent.sandbox.interpreter import base_interpreter
from qubix_agent.sandbox.launcher import WAITING_PREFIX


def seeded_home(root: Path) -> AgentHome:
    """A home whose default environment holds nothing but Python."""
    home = AgentHome(root)
    home.make()
    entry = home.environments / environment_sha(normalise([]))
    _, python = base_interpreter()
    venv.EnvBuilder(symlinks=True, with_pip=False).create(entry / "env")
    for name in ("python", "python3", python.name):
        program = entry / "env" / "bin" / name
        program.unlink(missing_ok=True)
        program.symlink_to(python)
    (entry / "complete").write_text(json.dumps({"requirements": [], "size_bytes": 1}))
    return home


def workspaces(home: AgentHome) -> list[Path]:
    """The folders of jobs in this home; those of interpreters that wait for one are left out."""
    return [path for path in home.work.iterdir() if not path.name.startswith(WAITING_PREFIX)]
