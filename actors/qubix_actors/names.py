"""Names that the parts of the cluster find each other by."""

from typing import Final

NAMESPACE: Final = "qubix"
"""Ray's namespace of every actor of ours."""
SCHEDULER_NAME: Final = "scheduler"
CHAIN_NAME: Final = "chain"

ROLE_LABEL: Final = "qubix.io/role"
CORE_ROLE: Final = "core"
"""Nodes that may hold the platform's secrets; nothing of the platform runs on any other."""
PROVIDER_LABEL: Final = "qubix.io/provider"
"""On a provider's node: its worker id."""


def runner_name(worker_id: str) -> str:
    """The name of the runner actor on a provider's node."""
    return f"runner-{worker_id}"
