"""What other machines can reach is found."""

import ipaddress
import os
import socket

import psutil
import pytest

from qubix_serve.supervisor.exposure import Listener, exposed, listeners

EVERYWHERE = str(ipaddress.IPv4Address(0))
OWN = [psutil.Process(os.getpid())]


@pytest.mark.parametrize(
    ("address", "is_exposed"),
    [
        ("127.0.0.1", False),
        ("127.8.0.9", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        (EVERYWHERE, True),
        ("::", True),
        ("10.0.0.7", True),
        ("::ffff:10.0.0.7", True),
    ],
)
def test_only_loopback_is_out_of_reach(address: str, is_exposed: bool) -> None:
    assert Listener(address=address, port=1, pid=1, program="x").is_exposed is is_exposed


def test_open_socket_is_listed_and_a_held_one_is_not() -> None:
    with socket.create_server((EVERYWHERE, 0)) as wide, socket.create_server(("127.0.0.1", 0)) as held:
        wide_port, held_port = wide.getsockname()[1], held.getsockname()[1]
        found = {listener.port for listener in exposed(OWN)}
        all_ports = {listener.port for listener in listeners(OWN)}

    assert wide_port in found
    assert held_port not in found
    assert {wide_port, held_port} <= all_ports
    assert wide_port not in {listener.port for listener in exposed(OWN)}


def test_bound_udp_socket_is_listed() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wide:
        wide.bind((EVERYWHERE, 0))
        assert wide.getsockname()[1] in {listener.port for listener in exposed(OWN)}


def test_outgoing_connection_is_no_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getsockname()[1] not in {listener.port for listener in listeners(OWN)}
