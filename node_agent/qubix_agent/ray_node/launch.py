"""Starting a Ray node on this machine."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import fasteners
import psutil

from qubix_agent.ray_node.environment import node_environment
from qubix_agent.ray_node.errors import NodeRefused, NodeStartFailed
from qubix_agent.ray_node.folders import base_folder, make_empty
from qubix_agent.ray_node.identity import ProcessIdentity
from qubix_agent.ray_node.node import NodeSpec, RayNode, describe, ray_parameters
from qubix_agent.ray_node.ports import require_free

START_SECONDS: Final = 60.0
# Dozens may wait for their turn on a small machine that was just switched on.
LOCK_SECONDS: Final = 900.0
ATTEMPTS: Final = 3

# What Ray says when trying again cannot help.
_REFUSALS: Final = {
    "Unauthenticated": "the head does not accept this node's token",
    "InvalidAuthToken": "the head does not accept this node's token",
    "AuthenticationError": "the head does not accept this node's token",
    "Version mismatch": "the head runs another version of Ray or Python",
}


def start_node(spec: NodeSpec, *, attempts: int = ATTEMPTS) -> RayNode:
    """Start the processes of a Ray node, and return once the cluster lists it.

    One node at a time on a machine: nodes that start together kill each other's raylets. The processes outlive the
    caller.

    Args:
        spec: what to start. Its folder is emptied.
        attempts: how often to try when Ray does not come up.

    Raises:
        PortsTaken: something listens on one of the fixed ports.
        NodeRefused: the head turned the node away.
        NodeStartFailed: Ray did not come up.
    """
    fixed = spec.ports.listening()
    if spec.head:
        fixed.append(int(spec.address.rpartition(":")[2]))
    lock = fasteners.InterProcessLock(base_folder() / "start.lock")
    if not lock.acquire(timeout=LOCK_SECONDS):
        raise NodeStartFailed(
            asked=describe(spec),
            obstacle=f"other nodes of this machine have been starting for {LOCK_SECONDS:.0f} s",
            remedy="Try again when they are up or gone.",
        )
    try:
        for attempt in range(1, attempts + 1):
            require_free(fixed, host=spec.node_ip, asked=describe(spec))
            try:
                return _start(spec)
            except NodeRefused:
                raise
            except NodeStartFailed:
                if attempt == attempts:
                    raise
        raise ValueError(f"attempts must be at least 1, not {attempts}")
    finally:
        lock.release()


def _start(spec: NodeSpec) -> RayNode:
    make_empty(spec.folder)
    log = spec.folder / "starter.log"
    request = json.dumps({"parameters": ray_parameters(spec), "head": spec.head})
    with log.open("wb") as errors:
        starter = subprocess.Popen(
            [sys.executable, "-m", "qubix_agent.ray_node.starter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=node_environment(spec),
            cwd=spec.folder,
            start_new_session=True,
        )
    try:
        output, _ = starter.communicate(request.encode(), timeout=START_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_tree(starter)
        raise _failed(spec, f"it was not up after {START_SECONDS:.0f} s", log) from None
    except BaseException:
        _kill_tree(starter)
        raise
    if starter.returncode != 0:
        raise _failed(spec, f"the starter ended with code {starter.returncode}", log)
    return _node(spec, json.loads(output))


def _node(spec: NodeSpec, report: dict[str, Any]) -> RayNode:
    try:
        processes = tuple(ProcessIdentity.of(pid, role=role) for role, pid in report["pids"].items())
    except psutil.NoSuchProcess as error:
        raise _failed(spec, f"process {error.pid} of it died at once", spec.folder / "starter.log") from error
    return RayNode(
        node_id=report["node_id"],
        address=report["address"],
        node_ip=spec.node_ip,
        folder=spec.folder,
        session_folder=Path(report["session_folder"]),
        processes=processes,
    )


def _kill_tree(starter: subprocess.Popen[bytes]) -> None:
    family = psutil.Process(starter.pid).children(recursive=True)
    starter.kill()
    starter.wait()
    for process in family:
        process.kill()


def _failed(spec: NodeSpec, obstacle: str, log: Path) -> NodeStartFailed:
    """The error for a start that failed, with the end of what Ray said."""
    said = log.read_text(errors="replace") if log.exists() else ""
    details = {"log": str(log), "end_of_log": said[-2000:]}
    for mark, sentence in _REFUSALS.items():
        if mark in said:
            return NodeRefused(
                asked=describe(spec),
                obstacle=sentence,
                remedy="Join again with a new join token, and the versions that the platform names.",
                details=details,
            )
    last = said.strip().rsplit("\n", maxsplit=1)[-1]
    return NodeStartFailed(
        asked=describe(spec),
        obstacle=f"{obstacle}; Ray's last words: {last or 'none'}",
        remedy=f"Read {log}, and see that {spec.address} can be reached from here.",
        details=details,
    )
