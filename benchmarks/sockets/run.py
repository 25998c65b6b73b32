"""One change of the market to ten thousand open consoles: when it reaches each of them, beside a bare broadcast."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import psutil

from benchmarks.api.market import register
from benchmarks.children import ContenderFailed
from benchmarks.figures import Spread, ratio
from benchmarks.machine import load
from benchmarks.report import Aim, Section, Table
from benchmarks.sockets.plain_server import plain_server
from benchmarks.sockets.watchers import Plan, watching
from benchmarks.stand import NotReady, Stand, own_stand, wait_for
from qubix_agent.ray_node.ports import BLOCK_SIZE
from qubix_serve.supervisor.state import State

REPLICAS: Final = 2
PROXY: Final = "through HAProxy"
DIRECT: Final = "replicas' own ports"
PLAIN: Final = "bare broadcast"

_AIM_SECONDS: Final = 1.0
_LOST_SECONDS: Final = 30.0
_READY_SECONDS: Final = 60.0
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much to measure.

    Attributes:
        proxied: sockets through HAProxy.
        direct: sockets on the replicas' own ports, and on the bare server.
        changes: of the market, one after another.
    """

    proxied: int
    direct: int
    changes: int

    @classmethod
    def chosen(cls, *, quick: bool) -> "Amount":
        """The whole measurement, or a glance."""
        return cls(proxied=500, direct=500, changes=3) if quick else cls(proxied=9_500, direct=10_000, changes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How one server brought the changes to its sockets.

    Attributes:
        sockets: how many were open.
        open_seconds: until all of them were subscribed.
        seconds: from each change's request to each socket.
        last_seconds: of each change, to the last socket.
        memory_mib: resident, by process, while they were open.
    """

    sockets: int
    open_seconds: float
    seconds: Spread
    last_seconds: list[float]
    memory_mib: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """The reach as JSON values."""
        return {
            "sockets": self.sockets,
            "openSeconds": round(self.open_seconds, 2),
            "seconds": self.seconds.to_json(),
            "lastSeconds": [round(each, 3) for each in self.last_seconds],
            "memoryMib": self.memory_mib,
        }


def run(*, quick: bool) -> Section:
    """Measure a platform of the benchmark's own.

    Raises:
        DemoFailed, NotReady, ContenderFailed: a part did not run, a socket was closed, or a change did not arrive.
    """
    amount = Amount.chosen(quick=quick)
    began = load()
    with own_stand(providers=(), replicas=REPLICAS) as stand:
        market = _Market(stand, machines=2 * amount.changes)
        proxy, replicas = [urlsplit(stand.url).port or 0], _replica_ports(stand)
        found = {
            PROXY: _reach(market.change, proxy, sockets=amount.proxied, changes=amount.changes, stand=stand),
            DIRECT: _reach(market.change, replicas, sockets=amount.direct, changes=amount.changes, stand=stand),
        }
        market.close()
    found[PLAIN] = _plain(sockets=amount.direct, changes=amount.changes)
    return Section(
        name="sockets",
        tables=[table(found)],
        aims=[
            Aim(
                name=f"one change to {reach.sockets:,} sockets, {name}, p99",
                measured=reach.seconds.p99,
                kind="below",
                bound=_AIM_SECONDS,
                unit="s",
            )
            for name, reach in found.items()
            if name != PLAIN
        ],
        data={"replicas": REPLICAS, "loadBefore": began} | {name: reach.to_json() for name, reach in found.items()},
    )


def table(found: dict[str, Reach]) -> Table:
    """The servers beside each other."""
    plain = found[PLAIN].seconds.p99
    return Table(
        title=f"One change of the market to all its watchers, {REPLICAS} replicas of the API",
        columns=("sockets", "open s", "p50 s", "p99 s", "last s", f"of a {PLAIN}", "MiB"),
        rows=[
            (
                f"{reach.sockets:,} {name}",
                f"{reach.open_seconds:.1f}",
                f"{reach.seconds.p50:.2f}",
                f"{reach.seconds.p99:.2f}",
                f"{reach.seconds.high:.2f}",
                f"{ratio(reach.seconds.p99, plain):.1f} ×",
                ", ".join(f"{process} {mib}" for process, mib in reach.memory_mib.items()) or "–",
            )
            for name, reach in found.items()
        ],
        note="from sending PATCH /api/providers/{id} to each socket's reading of the event; all on one machine",
    )


class _Market:
    """Machines whose price is changed, each of them once: so each event can be told from all others."""

    def __init__(self, stand: Stand, *, machines: int) -> None:
        assert stand.operator_key is not None
        self._left = [worker_id for worker_id, _ in register(stand.url, stand.operator_key, machines)]
        head = {"Authorization": f"Bearer {stand.operator_key}"}
        self._http = httpx.Client(base_url=stand.url, headers=head, trust_env=False)
        found = self._http.get("/api/providers/my").raise_for_status().json()
        self._ids = {each["workerId"]: each["id"] for each in found}

    def change(self, watch: Callable[[str], None]) -> float:
        """Have the watchers look for a change, and make it; when its request was sent."""
        worker_id = self._left.pop()
        # In the order in which PostgreSQL keeps the keys of a jsonb: the shorter ones first.
        watch(f'"change":"offer","workerId":"{worker_id}"')
        began = time.monotonic()
        self._http.patch(f"/api/providers/{self._ids[worker_id]}", json={"pricePerHour": 123_456}).raise_for_status()
        return began

    def close(self) -> None:
        """Close its connection."""
        self._http.close()


def _plain(*, sockets: int, changes: int) -> Reach:
    with plain_server() as server:
        texts = iter(range(changes))

        def change(watch: Callable[[str], None]) -> float:
            text = f'{{"change":"number {next(texts)} of them"}}'
            watch(text)
            began = time.monotonic()
            server.tell(text)
            return began

        return _reach(change, [server.port], sockets=sockets, changes=changes, stand=None)


def _reach(
    change: Callable[[Callable[[str], None]], float],
    ports: Sequence[int],
    *,
    sockets: int,
    changes: int,
    stand: Stand | None,
) -> Reach:
    plan = Plan(ports=ports, path="/ws", sockets=sockets, seconds=_LOST_SECONDS)
    seconds: list[float] = []
    last: list[float] = []
    with watching(plan) as watchers:
        for _ in range(changes):
            began = change(watchers.watch)
            arrivals = watchers.arrivals()
            if len(arrivals) < sockets:
                raise ContenderFailed(f"after {_LOST_SECONDS:.0f} s only {len(arrivals)} of {sockets} sockets knew")
            seconds += [arrival - began for arrival in arrivals]
            last.append(max(arrivals) - began)
        memory = _memory(stand) if stand is not None else {}
        return Reach(
            sockets=sockets,
            open_seconds=watchers.open_seconds,
            seconds=Spread.of(seconds),
            last_seconds=last,
            memory_mib=memory,
        )


def _replica_ports(stand: Stand) -> list[int]:
    """Where the API's replicas listen, once all of them do."""
    first = _state(stand).ports.replicas

    def listening() -> list[int]:
        return sorted(_listeners(range(first, first + BLOCK_SIZE)))

    return wait_for(
        listening, lambda ports: len(ports) == REPLICAS, seconds=_READY_SECONDS, what=f"{REPLICAS} listening replicas"
    )


def _memory(stand: Stand) -> dict[str, int]:
    ports = {"HAProxy": [urlsplit(stand.url).port or 0], "replicas": _replica_ports(stand)}
    return {
        name: round(sum(psutil.Process(pid).memory_info().rss for pid in set(_listeners(where).values())) / _MIB)
        for name, where in ports.items()
    }


def _listeners(ports: Iterable[int]) -> dict[int, int]:
    """Ports of these that somebody listens on, with the process."""
    wanted = set(ports)
    return {
        each.laddr.port: each.pid
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port in wanted and each.pid is not None
    }


def _state(stand: Stand) -> State:
    assert stand.home is not None
    state = State.load(stand.home)
    if state is None:
        raise NotReady("the platform under test has written down nothing of itself")
    return state
