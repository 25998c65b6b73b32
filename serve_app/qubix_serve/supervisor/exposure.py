"""What the platform's processes listen on, and whether other machines can reach it."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psutil


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Listener:
    """A listening TCP socket, or a bound UDP one.

    Attributes:
        address: such as "127.0.0.1", "0.0.0.0" or "::".
        port: its number.
        pid: the process that holds it.
        program: that process's name.
    """

    address: str
    port: int
    pid: int
    program: str

    @property
    def is_exposed(self) -> bool:
        """Whether anything but this machine can reach it."""
        address = ipaddress.ip_address(self.address)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return not address.is_loopback


def listeners(processes: Iterable[psutil.Process]) -> list[Listener]:
    """Every socket that the processes listen on, in order of address and port."""
    found: set[Listener] = set()
    for process in processes:
        try:
            name = process.name()
            connections = process.net_connections(kind="inet")
        except psutil.Error:  # it ended meanwhile, or belongs to another user
            continue
        for connection in connections:
            local: tuple[Any, ...] = tuple(connection.laddr)
            listens = connection.status in {psutil.CONN_LISTEN, psutil.CONN_NONE} and not tuple(connection.raddr)
            if listens and len(local) == 2:
                found.add(Listener(address=str(local[0]), port=int(local[1]), pid=process.pid, program=name))
    return sorted(found)


def exposed(processes: Iterable[psutil.Process]) -> list[Listener]:
    """Those sockets that other machines can reach."""
    return [listener for listener in listeners(processes) if listener.is_exposed]
