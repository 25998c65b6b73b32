"""Closing what Ray Serve opens to the network on a platform that is held to loopback."""

import ipaddress
from typing import Any


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
