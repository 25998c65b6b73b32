"""The two routes that matter most, through HAProxy and Serve and under plain uvicorn, turn by turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.api.load import NAME, Answers, Load, request_text, send
from benchmarks.api.market import heartbeats, register
from benchmarks.api.uvicorn_server import served_by_uvicorn
from benchmarks.figures import ratio
from benchmarks.report import Row, Section, Table
from benchmarks.stand import Stand, own_stand
from qubix_platform.database.settings import APP_URL_VARIABLE, plain
from qubix_serve.supervisor.home import Secrets
from qubix_serve.supervisor.postgres import choose_database

CONNECTIONS: Final = 32

_SERVE: Final = "HAProxy and Ray Serve"
_UVICORN: Final = "plain uvicorn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """How much to measure.

    Attributes:
        machines: on the market.
        rounds: of each server and route, in turn.
        seconds: of each round.
    """

    machines: int
    rounds: int
    seconds: float

    @classmethod
    def chosen(cls, *, quick: bool) -> "Amount":
        """The whole measurement, or a glance."""
        return cls(machines=100, rounds=1, seconds=2) if quick else cls(machines=1000, rounds=3, seconds=6)


def run(*, quick: bool) -> Section:
    """Measure the API of a platform of the benchmark's own.

    Raises:
        DemoFailed, NotReady, ContenderFailed: a part did not run.
    """
    amount = Amount.chosen(quick=quick)
    with own_stand(providers=()) as stand, served_by_uvicorn(_settings(stand)) as uvicorn:
        assert stand.operator_key is not None
        machines = register(stand.url, stand.operator_key, amount.machines)
        servers = {_SERVE: stand.url, _UVICORN: uvicorn}

        def everybody_reports() -> None:
            # Machines that stay silent for 15 s go offline, all in one sweep: not while something is measured.
            _send(stand.url, heartbeats(stand.url, machines), seconds=0)

        everybody_reports()
        routes = {
            "GET /api/providers": lambda url: [request_text("GET", url, "/api/providers")],
            "POST …/heartbeat": lambda url: heartbeats(url, machines),
        }
        found = {
            route: _in_turn(servers, requests, amount=amount, before=everybody_reports)
            for route, requests in routes.items()
        }
    return _section(found, amount)


def _in_turn(
    servers: Mapping[str, str],
    requests: Callable[[str], list[str]],
    *,
    amount: Amount,
    before: Callable[[], None],
) -> dict[str, list[Answers]]:
    answers: dict[str, list[Answers]] = {name: [] for name in servers}
    for _ in range(amount.rounds):
        for name, url in servers.items():
            before()
            answers[name].append(_send(url, requests(url), seconds=amount.seconds))
    return answers


def _send(url: str, requests: list[str], *, seconds: float) -> Answers:
    return send(Load(url=url, requests=requests, connections=CONNECTIONS, seconds=seconds))


def _settings(stand: Stand) -> dict[str, str]:
    """What the platform's own API was given, so that both serve the same."""
    home = stand.home
    assert home is not None
    return {
        APP_URL_VARIABLE: plain(choose_database(home, {}).settings.app_url),
        "QUBIX_SECRET": Secrets.load_or_make(home).qubix_secret,
        "QUBIX_HOME": str(home.path),
        "QUBIX_BLOB_URL": f"file://{home.blobs}",
        "QUBIX_URL": stand.url,
    }


def _section(found: Mapping[str, Mapping[str, Sequence[Answers]]], amount: Amount) -> Section:
    rows: list[Row] = []
    for route, servers in found.items():
        best = {name: median_round(rounds) for name, rounds in servers.items()}
        for name, answers in best.items():
            rows.append(
                (
                    f"{route}, {name}",
                    f"{answers.per_second:,.0f}",
                    f"{answers.milliseconds.p50:.1f}",
                    f"{answers.milliseconds.p95:.1f}",
                    f"{ratio(answers.per_second, best[_UVICORN].per_second):.2f} ×",
                    str(sum(each.refused for each in servers[name])),
                )
            )
    table = Table(
        title=f"API with {amount.machines:,} providers, {CONNECTIONS} connections",
        columns=("route and server", "requests/s", "p50 ms", "p95 ms", "of uvicorn", "no success"),
        rows=rows,
        note=f"median of {amount.rounds} rounds of {amount.seconds:g} s, servers in turn; load: {NAME}, one process",
    )
    data = {
        route: {name: [answers.to_json() for answers in rounds] for name, rounds in servers.items()}
        for route, servers in found.items()
    }
    return Section(name="api", tables=[table], data={"connections": CONNECTIONS, "generator": NAME, "routes": data})


def median_round(rounds: Sequence[Answers]) -> Answers:
    """The round in the middle, by its rate; the slower one of two."""
    ordered = sorted(rounds, key=lambda answers: answers.per_second)
    return ordered[(len(ordered) - 1) // 2]
