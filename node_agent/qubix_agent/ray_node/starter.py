"""Starts Ray's processes for one node, reports what it started, and ends: `python -m qubix_agent.ray_node.starter`.

A process of its own, because Ray reads its settings from the environment once, when it is imported. It uses the class
behind `ray start`, so that the head's dashboard server can be left out and the processes' numbers are known exactly;
the command prints neither. Standard input holds the request, standard output takes the report, both JSON.
"""

import json
import os
import sys
from typing import IO, Any

import psutil


def main() -> int:
    """Start the node. On failure nothing of it is left, and the exit code is 1."""
    report = _private_standard_output()
    request = json.load(sys.stdin)
    try:
        started = _start(request)
    except Exception:
        _kill_children()
        raise
    with report:
        json.dump(started, report)
    return 0


def _private_standard_output() -> IO[str]:
    """Keep standard output for the report: Ray's chatter, and its children, get standard error instead."""
    report = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return report


def _start(request: dict[str, Any]) -> dict[str, Any]:
    from ray._private.node import Node
    from ray._private.parameter import RayParams

    class NodeWithoutDashboard(Node):
        """A head without the dashboard's server, which takes 130 MiB even when it is told to show nothing."""

        def start_api_server(self, *, include_dashboard: bool | None, raise_on_failure: bool) -> None:
            if include_dashboard:
                super().start_api_server(include_dashboard=include_dashboard, raise_on_failure=raise_on_failure)

    node = NodeWithoutDashboard(
        RayParams(**request["parameters"]), head=request["head"], shutdown_at_exit=False, spawn_reaper=False
    )
    session_folder: str = node.get_session_dir_path()  # type: ignore[no-untyped-call]
    return {
        "node_id": node.node_id,
        "address": node.gcs_address,
        "session_folder": session_folder,
        "pids": {role: started[0].process.pid for role, started in node.all_processes.items()},
    }


def _kill_children() -> None:
    for child in psutil.Process().children(recursive=True):
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
