import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from qubix_agent.environments.cache import Environment, EnvironmentCache
from qubix_agent.environments.pip_settings import PipSettings
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.view import Command, View
from tests.node_agent.environments.packages import write_index, write_source, write_wheel

MakeCache = Callable[..., EnvironmentCache]


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    with Launcher() as launcher:
        yield launcher


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A local index whose files lie outside its folder, as mirrors have them."""
    root = tmp_path_factory.mktemp("index")
    write_wheel(root / "files", "tinyone", requires="tinytwo")
    write_wheel(root / "files", "tinytwo", version="1.0")
    write_wheel(root / "files", "tinytwo", version="2.0", payload=1000)
    write_wheel(root / "files", "tinythree")
    write_wheel(root / "files", "eager", at_start="os.path.exists('/opt/build') and open('/env/ran', 'w')")
    write_source(root / "files", "curious")
    return write_index(
        root / "simple",
        {
            "tinyone": ["../../files/tinyone-1.0-py3-none-any.whl"],
            "tinytwo": ["../../files/tinytwo-1.0-py3-none-any.whl", "../../files/tinytwo-2.0-py3-none-any.whl"],
            "tinythree": ["../../files/tinythree-1.0-py3-none-any.whl"],
            "eager": ["../../files/eager-1.0-py3-none-any.whl"],
            "curious": ["../../files/curious-1.0.tar.gz"],
        },
    )


@pytest.fixture(scope="session")
def settings(index: Path) -> PipSettings:
    return PipSettings(index_url=index.as_uri())


@pytest.fixture
def make_cache(launcher: Launcher, settings: PipSettings, tmp_path: Path) -> MakeCache:
    def make(**options: object) -> EnvironmentCache:
        return EnvironmentCache(tmp_path / "cache", launcher=launcher, **({"settings": settings} | options))  # type: ignore[arg-type]

    return make


@pytest.fixture
def cache(make_cache: MakeCache) -> EnvironmentCache:
    return make_cache()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        pass


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder over HTTP on this machine's loopback; gives the address."""
    servers = []

    def start(folder: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def silent(line: str) -> None:
    """For what pip says where a test has no use for it."""


def run_in(environment: Environment, launcher: Launcher, folder: Path, code: str) -> str:
    """Run Python code as a job with this environment; gives what it prints."""
    with launcher.prepare(folder) as sandbox:
        sandbox.start(
            command=Command(argv=(str(environment.python), "-c", code)),
            view=View(environment=environment.path, interpreter=environment.interpreter),
            limits=Limits(wall_seconds=60),
        )
        outcome = sandbox.wait(60)
        assert outcome.succeeded, sandbox.stderr.read()
        return (sandbox.stdout.read() or b"").decode()
