"""A machine of its own for a provider: a network namespace, joined to this one by a cable that can be cut."""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_PREFIX_LENGTH: Final = 30


@dataclass(frozen=True)
class Machine:
    """The other end of the cable.

    Attributes:
        namespace: for `ip netns exec`.
        cable: the name of this end.
        here: this end's address.
        there: the other end's.
    """

    namespace: str
    cable: str
    here: str
    there: str

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs on the machine."""
        return [_ip(), "netns", "exec", self.namespace, *arguments]

    def cut(self) -> None:
        """No packet goes either way; neither end is told."""
        _run("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Packets go again."""
        _run("link", "set", self.cable, "up")


@contextmanager
def other_machine() -> Iterator[Machine]:
    """A namespace and its cable, gone at the end."""
    name = secrets.token_hex(3)
    network = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
    machine = Machine(f"qubix-{name}", f"qbx{name}", f"{network}.1", f"{network}.2")
    inside = f"qbi{name}"
    _run("netns", "add", machine.namespace)
    try:
        _run("link", "add", machine.cable, "type", "veth", "peer", "name", inside)
        _run("link", "set", inside, "netns", machine.namespace)
        _run("addr", "add", f"{machine.here}/{_PREFIX_LENGTH}", "dev", machine.cable)
        _run("link", "set", machine.cable, "up")
        for settings in (
            ("addr", "add", f"{machine.there}/{_PREFIX_LENGTH}", "dev", inside),
            ("link", "set", inside, "up"),
            ("link", "set", "lo", "up"),
        ):
            subprocess.run(machine.command(_ip(), *settings), check=True)
        yield machine
    finally:
        _run("netns", "delete", machine.namespace)


def _ip() -> str:
    program = shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert program is not None, "the network tests need Debian's iproute2, which make setup installs"
    return program


def _run(*arguments: str) -> None:
    subprocess.run([_ip(), *arguments], check=True)
