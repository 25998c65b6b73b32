"""Whether a machine can join, in sentences."""

import platform
import socket

import ray

from qubix_agent.ray_node.compatibility import RayVersions, check, listening, own_versions, unreachable
from qubix_agent.ray_node.ports import free_port

HEAD = RayVersions(ray="2.60.0", python="3.11.2")


def test_same_versions_fit() -> None:
    assert check(HEAD, HEAD) == []


def test_patch_version_of_python_may_differ() -> None:
    assert check(HEAD, RayVersions(ray="2.60.0", python="3.11.14")) == []


def test_every_misfit_is_named_with_what_to_do() -> None:
    sentences = check(HEAD, RayVersions(ray="2.59.1", python="3.12.0"))

    assert len(sentences) == 2
    assert "pip install 'ray==2.60.0'" in sentences[0]
    assert "2.59.1" in sentences[0]
    assert "Python 3.11" in sentences[1]


def test_minor_version_is_compared_as_a_number_not_as_text() -> None:
    assert check(RayVersions(ray="2.60.0", python="3.1.0"), HEAD)


def test_own_versions_are_those_that_run() -> None:
    assert own_versions() == RayVersions(ray=ray.__version__, python=platform.python_version())


def test_probe_tells_a_closed_port_from_an_open_one() -> None:
    open_port, closed_port = free_port(), free_port()
    with listening("127.0.0.1", [open_port]):
        sentences = unreachable("127.0.0.1", [open_port, closed_port])

    assert len(sentences) == 1
    assert f"Port {closed_port} of 127.0.0.1 cannot be reached" in sentences[0]
    assert unreachable("127.0.0.1", [open_port])


def test_silent_port_is_told_from_a_closed_one() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))
        server.listen(0)
        port = server.getsockname()[1]
        queue = [socket.socket() for _ in range(3)]
        for client in queue:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        sentences = unreachable("127.0.0.1", [port], seconds=0.2)
        for client in queue:
            client.close()

    assert "does not answer within 0.2 s" in sentences[0]
