"""Which chain a platform settles on: a devnet of its own, the network behind an address, or none."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

from qubix_serve.supervisor.errors import ChainMisconfigured

CHAIN_VARIABLE: Final = "QUBIX_CHAIN"
CHAIN_URL_VARIABLE: Final = "QUBIX_CHAIN_URL"
DEVNET: Final = "devnet"
NO_CHAIN: Final = "none"
LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class ChainChoice:
    """The chain of a platform.

    Attributes:
        setting: "devnet", "none", or the address of a server of the network.
    """

    setting: str

    @classmethod
    def of(cls, environment: Mapping[str, str] | None = None, *, production: bool) -> Self:
        """What `QUBIX_CHAIN` asks for: a devnet by default. In production play money is no chain, so there is none.

        Args:
            environment: the operator's; this process's by default.
            production: whether development's conveniences are off.

        Raises:
            ChainMisconfigured: it is no address.
        """
        given = (os.environ if environment is None else environment).get(CHAIN_VARIABLE) or DEVNET
        if given in (DEVNET, NO_CHAIN):
            return cls(NO_CHAIN if production else given)
        address = urlsplit(given)
        if address.scheme not in ("http", "https") or not address.hostname or address.query or address.fragment:
            raise ChainMisconfigured(
                asked=f"Using the chain that {CHAIN_VARIABLE} names",
                obstacle=f"{given!r} is neither {DEVNET!r}, {NO_CHAIN!r} nor an address that begins with http(s)://",
                remedy="Set it to the address of a server of the Qubic network, or leave it out.",
            )
        return cls(given.rstrip("/"))

    @property
    def is_devnet(self) -> bool:
        """Whether the platform runs a devnet of its own."""
        return self.setting == DEVNET

    @property
    def is_none(self) -> bool:
        """Whether nothing can be deposited, withdrawn or locked on a chain."""
        return self.setting == NO_CHAIN

    def url(self, *, devnet_port: int) -> str | None:
        """Where the chain answers; None for none.

        Args:
            devnet_port: the port of the platform's own devnet.
        """
        if self.is_none:
            return None
        return devnet_url(devnet_port) if self.is_devnet else self.setting


def devnet_url(port: int) -> str:
    """Where a platform's own devnet answers: on this machine alone."""
    return f"http://{LOOPBACK}:{port}"
