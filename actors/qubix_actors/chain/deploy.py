"""Putting the chain's process on the cluster."""

import os
from pathlib import Path
from typing import Any

import ray

from qubix_actors.chain.actor import ChainActor
from qubix_actors.chain.settings import KEY_FILE
from qubix_actors.names import CHAIN_NAME, CORE_ROLE, NAMESPACE, ROLE_LABEL
from qubix_platform.chain.keys import create_key_file


def deploy_chain() -> Any:
    """Make the actor that acts on the chain, or get the one that is there. The driver that calls this may end.

    It runs on a core node only, since it holds the platform's keys, and is restarted for ever. On a devnet the keys are
    made where there are none; for a real chain an operator puts them there.

    Returns:
        The actor's handle; `health.remote()` tells how it is.

    Raises:
        KeyFileUnusable: keys for the devnet could not be made.
    """
    has_key = os.environ.get("QUBIX_CHAIN_KEY_FILE") or os.environ.get("QUBIX_CHAIN_KEY_COMMAND")
    if os.environ.get("QUBIX_CHAIN") == "devnet" and not has_key:
        create_key_file(Path(os.environ["QUBIX_HOME"]) / KEY_FILE)
    return (
        ray.remote(ChainActor)
        .options(
            name=CHAIN_NAME,
            namespace=NAMESPACE,
            lifetime="detached",
            get_if_exists=True,
            max_restarts=-1,
            max_task_retries=0,
            num_cpus=0,
            label_selector={ROLE_LABEL: CORE_ROLE},
        )
        .remote()
    )
