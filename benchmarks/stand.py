"""The platform under test: one of the benchmark's own, or one that already runs."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

from qubix.client import Client
from qubix.schemas.providers import Provider
from qubix.schemas.states import ProviderType, Role
from qubix_agent.ray_node import free_port
from qubix_serve.demo.host import Host
from qubix_serve.supervisor.home import Home

# Two cards each, so that one job can run while another is settled and a third is handed over.
PROVIDERS: Final = ("RTX 4090:2", "RTX 4090:2")
MODEL: Final = "RTX 4090"
# QU per hour; above what any simulated card asks.
MAX_PRICE: Final = 1_000_000

_CREDIT: Final = 10_000_000_000
_READY_SECONDS: Final = 180.0
_ONLINE_SECONDS: Final = 90.0
_LOOK_SECONDS: Final = 0.1


T = TypeVar("T")


class NotReady(Exception):
    """The platform under test did not become what the benchmark needs."""


@dataclass(frozen=True, kw_only=True)
class Stand:
    """A platform that answers.

    Attributes:
        url: its API.
        api_key: of a consumer who can pay.
        operator_key: of the platform's operator; None where the platform is not the benchmark's own.
        home: its folder on this machine; None where the platform is not the benchmark's own.
        seconds_to_ready: how long it took to start, where the benchmark started it.
        ray_address: of its cluster's control store, where the benchmark started it.
    """

    url: str
    api_key: str
    operator_key: str | None = None
    home: Home | None = None
    seconds_to_ready: float | None = None
    ray_address: str | None = None

    def client(self) -> Client:
        """A client as the consumer."""
        return Client(self.url, self.api_key)


@contextmanager
def own_stand(
    *, providers: Sequence[str] = PROVIDERS, replicas: int = 1, patience: float = _READY_SECONDS
) -> Iterator[Stand]:
    """Start a platform on a home and a port of its own, and end it with all that it started.

    Args:
        providers: one provider for each entry, with these simulated GPUs.
        replicas: of the API.
        patience: seconds that it may take to get ready.

    Raises:
        DemoFailed: it did not get ready.
    """
    path = Path(tempfile.gettempdir()) / f"qubix-bench-{secrets.token_hex(4)}"
    path.mkdir(mode=0o711)
    try:
        with Host(path, port=free_port(), providers=providers, replicas=replicas, patience=patience) as host:
            host.start()
            yield _stand(host.facts, host.home)
    finally:
        shutil.rmtree(path, ignore_errors=True)  # files of a process that is just ending may vanish meanwhile


def running_stand(url: str, api_key: str) -> Stand:
    """A platform that already runs, used as the key's owner."""
    return Stand(url=url, api_key=api_key)


def _stand(facts: dict[str, Any], home: Home) -> Stand:
    url, key = str(facts["url"]), str(facts["apiKey"])
    with Client(url, key) as operator:
        consumer = operator.create_user(f"bench-{uuid4().hex[:8]}", role=Role.CONSUMER)
    with Client(url, consumer.key) as client:
        client.credit(_CREDIT)
    return Stand(
        url=url,
        api_key=consumer.key,
        operator_key=key,
        home=home,
        seconds_to_ready=float(facts["secondsToReady"]),
        ray_address=str(facts["rayAddress"]),
    )


def wait_for_providers(client: Client, count: int, *, seconds: float = _ONLINE_SECONDS) -> list[Provider]:
    """The members of the cluster, once so many are online with nothing to do.

    Raises:
        NotReady: they did not come.
    """

    def idle() -> list[Provider]:
        found = client.providers(type=ProviderType.RAY)
        return [each for each in found if each.is_online and not any(gpu.allocated_milli for gpu in each.gpus)]

    return wait_for(idle, lambda found: len(found) >= count, seconds=seconds, what=f"{count} idle providers")


def wait_for(look: Callable[[], T], enough: Callable[[T], bool], *, seconds: float, what: str) -> T:
    """Look until it is enough.

    Raises:
        NotReady: it was not in time.
    """
    deadline = time.monotonic() + seconds
    while not enough(found := look()):
        if time.monotonic() > deadline:
            raise NotReady(f"waited {seconds:.0f} s for {what}; there was {found!r}"[:500])
        time.sleep(_LOOK_SECONDS)
    return found
