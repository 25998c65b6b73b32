"""What Ray's processes see of their starter's environment."""

from pathlib import Path

import pytest

from qubix_agent.ray_node.environment import clean_environment, driver_environment, node_environment
from qubix_agent.ray_node.node import NODE_VARIABLE, NodeSpec

SECRETS = {
    "DATABASE_URL": "postgresql://…",
    "DATABASE_OWNER_URL": "postgresql://…",
    "QUBIX_SECRET": "s",
    "QUBIX_API_KEY": "qbx_key_…",
    "AWS_SECRET_ACCESS_KEY": "s",
    "GITHUB_TOKEN": "s",
    "PYTHONPATH": "/somewhere",
    "RAY_ADDRESS": "auto",
}


def _spec(**changes: object) -> NodeSpec:
    values = {
        "address": "127.0.0.1:24000",
        "node_ip": "127.0.0.1",
        "folder": Path("/tmp/qubix-0/12345678"),
        "token_file": Path("/token"),
        "labels": {},
        "num_cpus": 1,
        "memory_bytes": 1,
    }
    return NodeSpec(**(values | changes))  # type: ignore[arg-type]


def test_nothing_that_is_not_named_passes() -> None:
    environment = node_environment(_spec(), base=SECRETS | {"PATH": "/bin", "RAY_USE_TLS": "1"})

    assert not environment.keys() & SECRETS.keys()
    assert environment["PATH"] == "/bin"
    assert environment["RAY_USE_TLS"] == "1"


def test_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Zurich")
    monkeypatch.setenv("QUBIX_SECRET", "s")

    assert clean_environment()["TZ"] == "Europe/Zurich"
    assert "QUBIX_SECRET" not in clean_environment()


def test_loopback_is_held_only_for_a_loopback_node() -> None:
    variable = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"

    assert node_environment(_spec(), base={})[variable] == "0"
    assert variable not in node_environment(_spec(node_ip="10.0.0.7"), base={})
    assert variable not in driver_environment(token_file=Path("/token"), on_loopback=False)


def test_driver_and_node_detect_failure_alike() -> None:
    driver = driver_environment(token_file=Path("/token"), on_loopback=True)
    node = node_environment(_spec(), base={})

    assert driver.items() <= node.items()
    assert driver["RAY_AUTH_MODE"] == "token"
    assert driver["RAY_grpc_client_keepalive_time_ms"] == "1000"
    assert driver["RAY_health_check_period_ms"] == "200"


def test_given_variables_come_last_and_the_mark_is_there() -> None:
    environment = node_environment(
        _spec(environment={"QUBIX_URL": "http://x", "RAY_USAGE_STATS_ENABLED": "1"}), base={}
    )

    assert environment["QUBIX_URL"] == "http://x"
    assert environment["RAY_USAGE_STATS_ENABLED"] == "1"
    assert environment[NODE_VARIABLE] == "/tmp/qubix-0/12345678"


def test_control_store_on_disk_is_the_heads_alone() -> None:
    assert node_environment(_spec(storage=Path("/s"), head=True), base={})["RAY_gcs_storage_path"] == "/s"
    assert "RAY_gcs_storage" not in node_environment(_spec(), base={})
