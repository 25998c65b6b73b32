"""Ray Serve's settings, which it reads from the environment of every process that it runs in."""

import resource
from pathlib import Path
from typing import Final

from qubix_agent.ray_node.ports import BLOCK_SIZE
from qubix_serve.supervisor.proxy import write_proxy_wrapper
from qubix_serve.supervisor.state import Ports
from qubix_serve.supervisor.tls import ServerCertificate

# HAProxy counts two files for a connection, one to each side, and refuses to start when it may not open them all.
_FILES_PER_CONNECTION: Final = 2
_FILES_KEPT: Final = 200
_MOST_CONNECTIONS: Final = 20_000

# Four seconds instead of thirty to stop, six instead of twenty-nine to replace a killed proxy.
_IMPATIENT: Final = {
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "1",
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "1",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "2",
    "RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S": "1",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "10",
}


def serve_settings(
    *, folder: Path, ports: Ports, host: str, certificate: ServerCertificate | None = None
) -> dict[str, str]:
    """The variables that make Serve stand behind HAProxy, with all of HAProxy's files in `folder`.

    Args:
        folder: made with mode 0700: HAProxy's control socket in it lets anybody who reaches it reconfigure the proxy.
            Short, for it holds unix sockets.
        ports: of the API, and where HAProxy shows its statistics and metrics.
        host: where the API is to listen, besides 127.0.0.1.
        certificate: by which it speaks TLS there; none where `host` is a loopback address.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wrapper = folder / "haproxy"
    write_proxy_wrapper(wrapper, host=host, http_port=ports.http, certificate=certificate)
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(wrapper),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        # Nobody listens there. For a network address HAProxy would open a UDP socket on every interface.
        "RAY_SERVE_HAPROXY_LOG_TARGET": str(folder / "log.sock"),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(ports.proxy_stats),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(ports.proxy_metrics),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(ports.proxy_fallback),
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(ports.replicas),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(ports.replicas + BLOCK_SIZE),
        "RAY_SERVE_HAPROXY_NBTHREAD": "2",
        "RAY_SERVE_HAPROXY_MAXCONN": str(_most_connections()),
        # The API waits for nothing but its event loop. In a thread of its own each message would be handed over twice.
        "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
        **_IMPATIENT,
    }


def _most_connections() -> int:
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(_MOST_CONNECTIONS, max(1, (files - _FILES_KEPT) // _FILES_PER_CONNECTION))
