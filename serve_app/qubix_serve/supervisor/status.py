"""What of a platform runs, and what of it other machines can reach."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import httpx
import psutil

from qubix_agent.ray_node.identity import marked
from qubix_serve.supervisor.agents import agent_node, was_sent_away
from qubix_serve.supervisor.chain import LOOPBACK, ChainChoice
from qubix_serve.supervisor.core import api_url
from qubix_serve.supervisor.devnet import tick_of
from qubix_serve.supervisor.exposure import Listener, exposed
from qubix_serve.supervisor.home import HOME_VARIABLE, Home
from qubix_serve.supervisor.platform import HEALTH_SECONDS
from qubix_serve.supervisor.postgres import Embedded
from qubix_serve.supervisor.ray_head import control_store_is_alive
from qubix_serve.supervisor.state import State

Condition = Literal["ok", "degraded", "down", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the platform."""

    name: str
    state: Condition
    detail: str


@dataclass(frozen=True, kw_only=True)
class PlatformStatus:
    """A platform's parts, and the sockets of it that other machines can reach.

    Attributes:
        home: which platform.
        url: where its API is, or None when it never ran.
        chain: what it settles on: "devnet", "none", or the address of the network; None when it never ran.
        parts: each part, this machine's processes first, then what the API says of itself.
        exposed: sockets beyond loopback.
        processes: how many processes it has.
        memory_bytes: what they take together, shared memory counted once.
    """

    home: str
    url: str | None
    chain: str | None
    parts: tuple[Part, ...]
    exposed: tuple[Listener, ...]
    processes: int
    memory_bytes: int

    @property
    def state(self) -> Condition:
        """The worst state of any part."""
        order: tuple[Condition, ...] = ("down", "unknown", "degraded", "ok")
        return min((part.state for part in self.parts), key=order.index, default="down")

    def to_json(self) -> dict[str, Any]:
        """The status as JSON values."""
        return {
            "home": self.home,
            "url": self.url,
            "chain": self.chain,
            "state": self.state,
            "parts": [asdict(part) for part in self.parts],
            "exposed": [asdict(listener) for listener in self.exposed],
            "processes": self.processes,
            "memoryBytes": self.memory_bytes,
        }


def status(home: Home) -> PlatformStatus:
    """Look at every part of the home's platform now."""
    state = State.load(home)
    processes = platform_processes(home)
    if state is None:
        url, parts = None, [_supervisor(home), _own_database(home)]
    else:
        url = api_url(state.host, state.ports.http)
        health = _health(api_url(LOOPBACK, state.ports.http))
        database = _external_database(health) if state.external_database else _own_database(home)
        parts = [_supervisor(home), database, *_ray(state), _chain(state), *_agents(home, state), *_api(url, health)]
    return PlatformStatus(
        home=str(home.path),
        url=url,
        chain=state.chain if state is not None else None,
        parts=tuple(parts),
        exposed=tuple(exposed(processes)),
        processes=len(processes),
        memory_bytes=sum(_memory(process) for process in processes),
    )


def platform_processes(home: Home) -> list[psutil.Process]:
    """Every process of the platform that this user may look at: its supervisor, its database, and all it started."""
    found = set(marked(HOME_VARIABLE, str(home.path)))
    holder = home.holding_process()
    for pid in (holder.pid if holder else None, Embedded(home).pid):
        if pid is None:
            continue
        try:
            process = psutil.Process(pid)
            found.update({process, *process.children(recursive=True)})
        except psutil.NoSuchProcess:
            continue
    return sorted(found, key=lambda process: process.pid)


def _supervisor(home: Home) -> Part:
    holder = home.holding_process()
    if holder is None:
        return Part(name="supervisor", state="down", detail="`qubix up` does not run; nothing that dies is replaced")
    return Part(name="supervisor", state="ok", detail=f"process {holder.pid}")


def _own_database(home: Home) -> Part:
    database = Embedded(home)
    if not database.is_running():
        return Part(name="postgresql", state="down", detail="does not run")
    return Part(name="postgresql", state="ok", detail=f"process {database.pid}")


def _external_database(health: dict[str, Any] | None) -> Part:
    """Only the API has its address at hand here: `qubix status` may run in a shell without DATABASE_URL."""
    for part in (health or {}).get("parts", []):
        if part["name"] == "database":
            return Part(name="postgresql", state=part["state"], detail=f"external: {part['detail']}")
    return Part(name="postgresql", state="unknown", detail="external: the API, which uses it, does not say")


def _ray(state: State) -> list[Part]:
    head = state.head
    if head is None or not head.is_alive():
        return [Part(name="ray head", state="down", detail="does not run")]
    store: Condition = "ok" if control_store_is_alive(head) else "down"
    return [
        Part(name="ray head", state="ok", detail=f"process {head.raylet.pid}, node {head.node_id[:12]}"),
        Part(name="ray control store", state=store, detail=f"at {head.address}"),
    ]


def _chain(state: State) -> Part:
    chain = ChainChoice(state.chain)
    url = chain.url(devnet_port=state.ports.devnet)
    if url is None:
        return Part(name="chain", state="ok", detail="none: nothing is settled on a chain; QUBIX_CHAIN names one")
    if chain.is_devnet and (state.devnet is None or not state.devnet.is_alive()):
        return Part(name="chain", state="down", detail="the devnet does not run")
    info = tick_of(url)
    if info is None:
        return Part(name="chain", state="down", detail=f"{url} gives no answer")
    what = f"{info['name']}, play money" if info.get("name") else "Qubic"
    process = f", process {state.devnet.pid}" if chain.is_devnet and state.devnet else ""
    detail = f"{what}: tick {info.get('tick')} of epoch {info.get('epoch')} at {url}{process}"
    return Part(name="chain", state="ok", detail=detail)


def _agents(home: Home, state: State) -> list[Part]:
    parts = []
    for record in state.agents:
        name = f"agent {record.number}"
        alive = record.process is not None and record.process.is_alive()
        node = agent_node(home, record.number)
        if alive and node is not None:
            parts.append(Part(name=name, state="ok", detail=f"node {node.node_id[:12]}"))
        elif node is not None:
            parts.append(Part(name=name, state="degraded", detail="its Ray node runs without it"))
        elif alive:
            parts.append(Part(name=name, state="degraded", detail="has no Ray node yet"))
        elif was_sent_away(home, record.number):
            parts.append(Part(name=name, state="ok", detail="left, as its owner asked; `qubix up` starts it again"))
        else:
            parts.append(Part(name=name, state="down", detail="does not run"))
    return parts


def _health(url: str) -> dict[str, Any] | None:
    """What the API says of itself; None where it gives no answer."""
    try:
        answer: dict[str, Any] = httpx.get(f"{url}/api/health", timeout=HEALTH_SECONDS, trust_env=False).json()
    except (httpx.HTTPError, ValueError):
        return None
    return answer


def _api(url: str, health: dict[str, Any] | None) -> list[Part]:
    if health is None:
        return [Part(name="api", state="down", detail=f"{url} gives no answer")]
    parts = [Part(name="api", state=health.get("status", "unknown"), detail=f"answers at {url}")]
    return parts + [
        Part(name=f"api: {part['name']}", state=part["state"], detail=part["detail"])
        for part in health.get("parts", [])
    ]


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it ended meanwhile, or belongs to another user
        return 0
