"""Whether this machine can join a cluster: versions, and whether ports can be reached."""

import platform
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from typing import Final

PROBE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RayVersions:
    """Versions that have to fit on every node of a cluster.

    Attributes:
        ray: such as "2.60.0".
        python: such as "3.11.2".
    """

    ray: str
    python: str


def own_versions() -> RayVersions:
    """The versions of this process, without importing Ray.

    Raises:
        importlib.metadata.PackageNotFoundError: Ray is not installed.
    """
    return RayVersions(ray=metadata.version("ray"), python=platform.python_version())


def check(head: RayVersions, node: RayVersions) -> list[str]:
    """What does not fit between the head and a node, one sentence each with what to do; empty when all fits.

    Ray must be the same to the last digit, Python to the minor version.
    """
    sentences = []
    if head.ray != node.ray:
        sentences.append(
            f"The head runs Ray {head.ray} and this machine Ray {node.ray}: every node needs the same. "
            f"Install it here with `pip install 'ray=={head.ray}'`."
        )
    if _minor(head.python) != _minor(node.python):
        sentences.append(
            f"The head runs Python {head.python} and this machine Python {node.python}: every node needs the same "
            f"minor version. Run the agent with Python {_minor(head.python)}."
        )
    return sentences


def unreachable(host: str, ports: Iterable[int], *, seconds: float = PROBE_SECONDS) -> list[str]:
    """Which of a machine's ports cannot be connected to from here, one sentence each with what to do.

    Args:
        host: name or address of the machine.
        ports: TCP ports, one probe each.
        seconds: how long to wait for each.
    """
    sentences = []
    for port in ports:
        try:
            with socket.create_connection((host, port), timeout=seconds):
                pass
        except TimeoutError:
            sentences.append(
                f"Port {port} of {host} does not answer within {seconds:g} s: a firewall probably drops it. "
                "Open it for this machine."
            )
        except OSError as error:
            reason = error.strerror or str(error)
            sentences.append(
                f"Port {port} of {host} cannot be reached ({reason}): see that it listens there and that no firewall "
                "is between."
            )
    return sentences


@contextmanager
def listening(host: str, ports: Iterable[int]) -> Iterator[None]:
    """Listen on this machine's ports for as long as the block runs, so that the head can try to reach them.

    Raises:
        OSError: one of the ports is in use.
    """
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server((host, port)))
        yield


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])
