"""Beyond loopback only with TLS: whoever reads Ray's token on the wire owns the cluster, and the API hands it out."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qubix_serve.supervisor.errors import TlsMissing

SWITCH: Final = "RAY_USE_TLS"
FILES: Final = ("RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY", "RAY_TLS_CA_CERT")


@dataclass(frozen=True, kw_only=True)
class ServerCertificate:
    """PEM files by which this machine proves who it is: its certificate, with the chain, and the key of it."""

    certificate: Path
    key: Path

    @classmethod
    def of(cls, host: str, environment: Mapping[str, str] | None = None) -> "ServerCertificate | None":
        """The one that Ray's TLS needs anyway. None on loopback, where nothing can be overheard."""
        values = os.environ if environment is None else environment
        if ipaddress.ip_address(host).is_loopback:
            return None
        certificate, key = (Path(values[name]).absolute() for name in FILES[:2])
        return cls(certificate=certificate, key=key)


def require_tls(host: str, environment: Mapping[str, str] | None = None) -> None:
    """Refuse to listen on `host` unless it is a loopback address, or Ray's TLS is on with all its files there.

    Raises:
        TlsMissing: with what is missing.
    """
    values = os.environ if environment is None else environment
    asked = f"Listening on {host}"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        raise TlsMissing(
            asked=asked, obstacle="it is not an IP address", remedy="Name the address of this machine as numbers."
        ) from None
    if address.is_loopback:
        return
    if values.get(SWITCH) != "1":
        raise TlsMissing(
            asked=asked,
            obstacle=f"other machines can reach it, and Ray's TLS is off ({SWITCH} is not 1)",
            remedy=f"Set {SWITCH}=1 and {', '.join(FILES)} here and on every node; see cluster.yaml.",
        )
    if missing := [name for name in FILES if not Path(values.get(name, "")).is_file()]:
        raise TlsMissing(
            asked=asked,
            obstacle=f"{', '.join(missing)} does not name a file",
            remedy="Let each name a PEM file: this machine's certificate, its key, and the authority's certificate.",
        )
