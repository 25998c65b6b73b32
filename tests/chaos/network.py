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
        cable: the name of its end.
        here: this end's address.
        there: its end's.
    """

    namespace: str
    cable: str
    here: str
    there: str

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs on the machine."""
        return [_ip(), "netns", "exec", self.namespace, *arguments]

    def cut(self) -> None:
        """No packet goes either way."""
        self.set("link", "set", self.cable, "down")

    def mend(self) -> None:
        """Packets go again, to every address of this side."""
        self.set("link", "set", self.cable, "up")
        self.set("route", "add", "default", "via", self.here)

    def set(self, *arguments: str) -> None:
        """Change the machine's network."""
        subprocess.run(self.command(_ip(), *arguments), check=True)


@contextmanager
def other_machine() -> Iterator[Machine]:
    """A namespace and its cable, gone at the end."""
    name = secrets.token_hex(3)
    network = f"10.{200 + secrets.randbelow(50)}.{secrets.randbelow(256)}"
    machine = Machine(f"qubix-{name}", f"qbi{name}", f"{network}.1", f"{network}.2")
    outside = f"qbx{name}"
    _run("netns", "add", machine.namespace)
    try:
        _run("link", "add", outside, "type", "veth", "peer", "name", machine.cable)
        _run("link", "set", machine.cable, "netns", machine.namespace)
        _run("addr", "add", f"{machine.here}/{_PREFIX_LENGTH}", "dev", outside)
        _run("link", "set", outside, "up")
        machine.set("addr", "add", f"{machine.there}/{_PREFIX_LENGTH}", "dev", machine.cable)
        machine.set("link", "set", "lo", "up")
        machine.mend()
        yield machine
    finally:
        _run("netns", "delete", machine.namespace)


def _ip() -> str:
    program = shutil.which("ip", path="/usr/sbin:/usr/bin:/sbin:/bin")
    assert program is not None, "the network tests need Debian's iproute2, which make setup installs"
    return program


def _run(*arguments: str) -> None:
    subprocess.run([_ip(), *arguments], check=True)
