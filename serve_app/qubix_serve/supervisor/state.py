"""What a platform started, written down as it starts, so that a later `up` takes it over and `down` ends it."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from qubix_agent.ray_node import ProcessIdentity, RayNode
from qubix_agent.ray_node.ports import free_block, free_port, is_free
from qubix_serve.supervisor.chain import NO_CHAIN
from qubix_serve.supervisor.home import Home, write_private


@dataclass(frozen=True, kw_only=True)
class Ports:
    """The ports of one platform. Kept from start to start, so that agents find it again.

    Attributes:
        http: the API.
        gcs: Ray's control store.
        proxy_stats: HAProxy's page of statistics.
        proxy_metrics: HAProxy's metrics.
        proxy_fallback: Serve's own proxy, which HAProxy falls back on while there is no replica. Serve would take 8500,
            share it with every other platform of the machine, and so answer for another one.
        replicas: the first of `BLOCK_SIZE` ports that the API's replicas listen on, for the same reason.
        dashboard: Ray's dashboard, when it is asked for.
        devnet: the platform's own development chain, when it runs one.
    """

    http: int
    gcs: int
    proxy_stats: int
    proxy_metrics: int
    proxy_fallback: int
    replicas: int
    dashboard: int
    devnet: int

    @classmethod
    def choose(cls, *, http: int, earlier: Self | None, gcs: int = 0) -> Self:
        """The ports for a fresh start: those of the last time where they are still free, others where they are not.

        Args:
            http: the API's.
            earlier: those of the last time.
            gcs: the control store's, where it is fixed.

        Raises:
            PortsTaken: no free port was found.
        """
        chosen: dict[str, int] = {"gcs": gcs} if gcs else {}
        for name in ("gcs", "proxy_stats", "proxy_metrics", "proxy_fallback", "dashboard", "devnet"):
            if name in chosen:
                continue
            last = getattr(earlier, name) if earlier is not None else 0
            usable = last and last != http and is_free(last)
            chosen[name] = last if usable else free_port(avoid=[http, *chosen.values()])
        replicas = earlier.replicas if earlier is not None and is_free(earlier.replicas) else free_block()
        return cls(http=http, replicas=replicas, **chosen)


@dataclass(frozen=True, kw_only=True)
class AgentRecord:
    """A provider agent that this home has.

    Attributes:
        number: which one, from 1; its home is `agents/<number>`.
        simulate: the GPUs it pretends to have, such as "RTX 4090:1"; empty for the machine's own.
        process: its process, once it was started.
    """

    number: int
    simulate: str
    process: ProcessIdentity | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything that was started on a home.

    Attributes:
        ports: where it listens.
        host: the address of this machine that it listens on.
        head: Ray's head.
        gcs_command: how the head's control store was started, to start it again.
        replicas: how many replicas of the API were asked for.
        deployed: whether the scheduler and the API were deployed on this head.
        dashboard: whether Ray's dashboard was asked for.
        production: whether development's conveniences are off.
        chain: "devnet", "none", or the address of the network that the platform settles on.
        devnet: the process of the platform's own devnet, when it runs one.
        external_database: whether its database is one that somebody else runs.
        agents: the provider agents.
    """

    ports: Ports
    host: str = "127.0.0.1"
    head: RayNode | None = None
    gcs_command: tuple[str, ...] = ()
    replicas: int = 1
    deployed: bool = False
    dashboard: bool = False
    production: bool = False
    chain: str = NO_CHAIN
    devnet: ProcessIdentity | None = None
    external_database: bool = False
    agents: tuple[AgentRecord, ...] = field(default_factory=tuple)

    def save(self, home: Home) -> None:
        """Write the state, whole or not at all."""
        value = asdict(self) | {"head": self.head.to_json() if self.head else None}
        write_private(home.state, json.dumps(value, indent=2) + "\n")

    @classmethod
    def load(cls, home: Home) -> Self | None:
        """Read what `save` wrote; None when nothing was started yet, or the file is damaged."""
        try:
            value: dict[str, Any] = json.loads(home.state.read_text())
            return cls(
                ports=Ports(**value["ports"]),
                host=str(value["host"]),
                head=RayNode.from_json(value["head"]) if value["head"] else None,
                gcs_command=tuple(value["gcs_command"]),
                replicas=int(value["replicas"]),
                deployed=bool(value["deployed"]),
                dashboard=bool(value["dashboard"]),
                production=bool(value["production"]),
                chain=str(value["chain"]),
                devnet=ProcessIdentity.from_json(value["devnet"]) if value["devnet"] else None,
                external_database=bool(value["external_database"]),
                agents=tuple(_agent(agent) for agent in value["agents"]),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def with_agents(self, agents: Iterable[AgentRecord]) -> Self:
        """The same with other agents."""
        return replace(self, agents=tuple(agents))


def _agent(value: dict[str, Any]) -> AgentRecord:
    process = value["process"]
    return AgentRecord(
        number=int(value["number"]),
        simulate=str(value["simulate"]),
        process=ProcessIdentity.from_json(process) if process else None,
    )
