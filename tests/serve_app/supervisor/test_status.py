"""What `qubix status` says of a database that somebody else runs."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from qubix_agent.ray_node.ports import free_port
from qubix_platform.database.settings import DatabaseSettings
from qubix_serve.supervisor.core import UpRequest
from qubix_serve.supervisor.down import anything_runs, down
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.postgres import choose_database
from qubix_serve.supervisor.progress import JsonProgress
from qubix_serve.supervisor.state import Ports, State
from qubix_serve.supervisor.status import Part, status
from qubix_serve.supervisor.up import Platform


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home's folder."""
    made = Home(tmp_path)
    made.prepare()
    return made


@contextmanager
def _api(health: dict[str, Any]) -> Iterator[int]:
    """Something that answers as the API's health does, and its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(health).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The test's output stays clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def _database(home: Home, *, port: int) -> Part:
    ports = Ports(http=port, gcs=1, proxy_stats=2, proxy_metrics=3, proxy_fallback=4, replicas=5, dashboard=6, devnet=7)
    State(ports=ports, external_database=True).save(home)
    return next(part for part in status(home).parts if part.name == "postgresql")


@pytest.mark.parametrize("state", ["ok", "down"])
def test_external_database_is_as_the_api_finds_it(home: Home, state: str) -> None:
    with _api({"status": "ok", "parts": [{"name": "database", "state": state, "detail": "PostgreSQL 16"}]}) as port:
        part = _database(home, port=port)

    assert (part.state, part.detail) == (state, "external: PostgreSQL 16")


def test_external_database_is_unknown_without_the_api(home: Home) -> None:
    assert _database(home, port=free_port()).state == "unknown"


def test_platform_remembers_whose_database_it_has(
    home: Home, database_settings: DatabaseSettings, database_url: str
) -> None:
    assert database_settings.owner_url is not None
    owner = database_settings.owner_url.render_as_string(hide_password=False)
    external = choose_database(home, {"DATABASE_URL": database_url, "DATABASE_OWNER_URL": owner})
    for database, expected in ((external, True), (choose_database(home, {}), False)):
        platform = Platform(home, UpRequest(), database=database, progress=JsonProgress())
        assert platform.state.external_database is expected


def test_down_needs_no_address_of_the_database(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://qubix_app:secret@127.0.0.1/qubix")

    assert not anything_runs(home)
    assert not down(home)
