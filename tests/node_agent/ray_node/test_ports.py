"""Where Ray listens."""

import socket

import pytest

from qubix_agent.ray_node.errors import PortsTaken
from qubix_agent.ray_node.ports import (
    BLOCK_SIZE,
    FREE_BLOCKS,
    FREE_PORTS,
    NodePorts,
    fixed_ports,
    free_block,
    free_port,
    is_free,
    require_free,
)

RAY_WORKERS = range(10002, 20000)


def _all(ports: NodePorts) -> set[int]:
    return {*ports.listening(), *range(ports.first_worker, ports.last_worker + 1)}


def test_nodes_of_one_machine_share_no_port_and_stay_clear_of_rays_workers() -> None:
    plans = [_all(fixed_ports(slot)) for slot in range(8)]

    assert len(set.union(*plans)) == sum(len(plan) for plan in plans)
    assert not set.union(*plans) & set(RAY_WORKERS)
    assert max(set.union(*plans)) < 32768, "below the ports that Linux gives to outgoing connections"


def test_documented_ports_are_these() -> None:
    ports = fixed_ports()

    assert ports.listening() == [24001, 24002, 24003, 24004, 24005, 24006]
    assert ports.reached_from_outside() == [24001, 24002]
    assert (ports.first_worker, ports.last_worker) == (24100, 24899)


def test_slot_beyond_the_plan_is_refused() -> None:
    with pytest.raises(ValueError, match="slot 8"):
        fixed_ports(8)


def test_ports_of_a_loopback_node_are_the_systems_choice() -> None:
    assert NodePorts().listening() == []


def test_free_port_avoids_what_is_promised() -> None:
    promised = set(FREE_PORTS) - {FREE_PORTS[7]}

    assert free_port(avoid=promised) == FREE_PORTS[7]


def test_free_block_has_no_listener_in_it() -> None:
    first = free_block()

    assert first in FREE_BLOCKS
    assert not set(range(first, first + BLOCK_SIZE)) & set(FREE_PORTS)
    assert all(is_free(port) for port in range(first, first + BLOCK_SIZE))


def test_port_shared_by_so_reuseport_counts_as_taken() -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", free_port()))
        server.listen()
        port = server.getsockname()[1]

        assert not is_free(port)
        with pytest.raises(PortsTaken, match=f"port {port} of 127.0.0.1 is in use") as refused:
            require_free([port, free_port()], host="127.0.0.1", asked="Starting")
    assert refused.value.details == {"ports": [port]}
    assert is_free(port)
