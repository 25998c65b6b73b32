"""The environment that Ray's processes run in: clean, so that no password of the caller reaches them.

A Ray worker inherits the environment of its raylet. On a provider's machine it must hold no secret of the platform;
what a process does need is named, everything else stays out.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from qubix_agent.ray_node.node import NODE_VARIABLE, NodeSpec

_KEPT: Final = (
    "CUDA_HOME",
    "CUDA_PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "LOGNAME",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_VISIBLE_DEVICES",
    "PATH",
    "QUBIX_PLATFORM",  # the mark of the platform that started this process, by which it is found and ended
    "RAY_TLS_CA_CERT",
    "RAY_TLS_SERVER_CERT",
    "RAY_TLS_SERVER_KEY",
    "RAY_USE_TLS",
    "TMPDIR",
    "TZ",
    "USER",
    "VIRTUAL_ENV",
)

# The control store asks each raylet again a fifth of a second after its answer, and gives up after three refusals or
# silences: a killed node is known as dead after 0.6 s instead of 15, a frozen one after 2.9 s instead of 63.
_HEALTH_CHECKS: Final = {
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "200",
    "RAY_health_check_timeout_ms": "750",
    "RAY_health_check_failure_threshold": "3",
}

# Without these a call that waits for a frozen node waits for ever. Every process of the cluster needs them.
_KEEPALIVE: Final = {
    "RAY_grpc_client_keepalive_time_ms": "1000",
    "RAY_grpc_client_keepalive_timeout_ms": "1000",
}

_QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ROTATION_MAX_BYTES": str(16 * 1024 * 1024),
    "RAY_ROTATION_BACKUP_COUNT": "2",
    # Ray's own check asks for the same patch version of Python by default; the minor version is what matters.
    "RAY_DEFAULT_PYTHON_VERSION_MATCH_LEVEL": "minor",
}

# Ray's switch for systems without clusters. Here it does one thing: Ray takes 127.0.0.1 for this machine's address
# instead of replacing it by the outward one, so that raylets, workers and drivers stay on loopback.
_LOOPBACK: Final = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


def clean_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """Those variables of `environment` (default: this process's) that no secret is in and every program may want."""
    source = os.environ if environment is None else environment
    return {name: source[name] for name in _KEPT if name in source}


def driver_environment(*, token_file: Path, on_loopback: bool) -> dict[str, str]:
    """The variables that any process needs to talk to the cluster, its drivers included."""
    settings = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token_file),
        **_HEALTH_CHECKS,
        **_KEEPALIVE,
        **_QUIET,
    }
    return settings | (_LOOPBACK if on_loopback else {})


def node_environment(spec: NodeSpec, *, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a node's processes."""
    environment = clean_environment(base)
    environment |= driver_environment(token_file=spec.token_file, on_loopback=spec.on_loopback)
    environment["RAY_worker_niceness"] = str(spec.worker_niceness)
    environment[NODE_VARIABLE] = str(spec.folder)
    # Ray renames its processes; the name must not be written over the environment, by which they are found again.
    environment["SPT_NOENV"] = "1"
    if spec.dashboard_port is None:
        environment["RAY_enable_metrics_collection"] = "0"
    if spec.storage is not None:
        environment |= {"RAY_gcs_storage": "rocksdb", "RAY_gcs_storage_path": str(spec.storage)}
    return environment | dict(spec.environment)
