"""A platform, up: what dies comes back, what lives is taken over, and nothing is left of it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import pytest

from qubix_agent.ray_node.environment import clean_environment, driver_environment
from qubix_agent.ray_node.identity import wait_gone
from qubix_serve.supervisor.down import anything_runs, down
from qubix_serve.supervisor.exposure import listeners
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.state import State
from qubix_serve.supervisor.status import PlatformStatus, status
from tests.platform_process import PlatformProcess, kill_and_wait, new_port, temporary_home

pytestmark = [pytest.mark.xdist_group("up"), pytest.mark.timeout(240)]

# Two platforms of one machine that took Serve's defaults would answer for each other.
SERVES_FALLBACK_PROXY: Final = 8500
SERVES_FIRST_REPLICA: Final = 30000
STANDIN: Final = (sys.executable, "-m", "tests.serve_app.supervisor.standin_up")


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Path, int]]:
    """A home and a port for the tests of this file, which run in their order."""
    with temporary_home() as home:
        yield home, new_port()


@pytest.fixture(scope="module")
def running(place: tuple[Path, int]) -> Iterator[list[PlatformProcess]]:
    """The platform's `up` processes, the present one last."""
    home, port = place
    processes = [PlatformProcess(home, port=port, command=STANDIN)]
    processes[0].ready()
    yield processes
    for process in processes:
        with process:
            pass


def _state(up: PlatformProcess) -> State:
    state = State.load(Home(up.home))
    assert state is not None
    return state


def _scheduler(up: PlatformProcess) -> list[Any]:
    """The scheduler's process and node, asked over Ray."""
    program = (
        "import ray\n"
        f"ray.init(address='127.0.0.1:{_state(up).ports.gcs}', namespace='qubix', log_to_driver=False)\n"
        "print(*ray.get(ray.get_actor('scheduler').where.remote(), timeout=30))\n"
    )
    environment = clean_environment() | driver_environment(token_file=Home(up.home).ray_token, on_loopback=True)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def _api_process(up: PlatformProcess) -> int:
    return int(httpx.get(f"{up.url}/api/health", timeout=10).raise_for_status().json()["pid"])


def _devnet_url(up: PlatformProcess) -> str:
    return f"http://127.0.0.1:{_state(up).ports.devnet}"


def _look(up: PlatformProcess) -> PlatformStatus:
    return status(Home(up.home))


def _ports(up: PlatformProcess) -> set[int]:
    return {listener.port for listener in listeners(up.descendants())}


def test_platform_is_up_on_loopback_and_within_its_memory(running: list[PlatformProcess]) -> None:
    up = running[-1]
    ready = up.events[-1]
    found = _look(up)

    assert [event["part"] for event in up.events if event["event"] == "started"] == [
        "PostgreSQL",
        "Ray head",
        "tables",
        "devnet",
        "scheduler and API",
    ]
    assert ready["secondsToReady"] > 0
    assert ready["apiKey"].startswith("qbx_key_")
    assert found.state == "ok", found
    assert found.exposed == ()
    assert {SERVES_FALLBACK_PROXY, SERVES_FIRST_REPLICA}.isdisjoint(_ports(up))
    assert found.memory_bytes < 2 * 1024**3


def test_core_has_its_settings_and_not_the_owners_password(running: list[PlatformProcess]) -> None:
    names = httpx.get(f"{running[-1].url}/settings", timeout=10).json()

    assert {"DATABASE_URL", "QUBIX_SECRET", "QUBIX_MODE", "QUBIX_BLOB_URL", "QUBIX_RAY_ADDRESS"} <= set(names)
    assert {"QUBIX_CHAIN", "QUBIX_CHAIN_URL"} <= set(names)
    assert "DATABASE_OWNER_URL" not in names


def test_second_up_on_the_same_home_is_a_sentence(running: list[PlatformProcess]) -> None:
    up = running[-1]
    second = PlatformProcess(up.home, port=new_port(), command=STANDIN)

    assert second.process.wait(timeout=30) == 1
    assert f"`qubix up` runs there already as process {up.process.pid}" in second.said()
    assert _look(up).state == "ok"


def test_port_that_is_taken_is_a_sentence(running: list[PlatformProcess]) -> None:
    with temporary_home() as home:
        other = PlatformProcess(home, port=running[-1].port, command=STANDIN)

        assert other.process.wait(timeout=30) == 1
        assert f"port {running[-1].port} of 127.0.0.1 is in use" in other.said()
        assert other.descendants() == []


def test_two_platforms_run_side_by_side_and_neither_answers_for_the_other(running: list[PlatformProcess]) -> None:
    first = running[-1]
    with temporary_home() as home, PlatformProcess(home, port=new_port(), command=STANDIN) as second:
        second.ready()
        for up in (first, second):
            assert _api_process(up) in {process.pid for process in up.descendants()}
        assert not _ports(first) & _ports(second)
        second.stop()
        assert second.descendants() == []
    assert _look(first).state == "ok"


def test_killed_control_store_comes_back_and_nothing_else_dies(running: list[PlatformProcess]) -> None:
    up = running[-1]
    before = (_scheduler(up), _api_process(up))
    head = _state(up).head
    assert head is not None
    control_store = next(process for process in head.processes if process.role == "gcs_server")

    os.kill(control_store.pid, signal.SIGKILL)
    up.note("Ray's control store is up again", seconds=20)

    assert (_scheduler(up), _api_process(up)) == before


def test_killed_database_comes_back(running: list[PlatformProcess]) -> None:
    up = running[-1]
    postmaster = int((up.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

    os.kill(postmaster, signal.SIGKILL)
    up.note("PostgreSQL is up again", seconds=30)

    assert next(part for part in _look(up).parts if part.name == "postgresql").state == "ok"


def test_devnet_is_shown_as_one_wherever_it_is_seen(running: list[PlatformProcess]) -> None:
    up = running[-1]
    chain = next(part for part in _look(up).parts if part.name == "chain")

    assert chain.state == "ok"
    assert "QUBIX devnet, play money" in chain.detail
    assert _look(up).to_json()["chain"] == "devnet"
    assert [event["chain"] for event in up.events if event["event"] == "ready"] == ["devnet"]
    assert httpx.get(f"{_devnet_url(up)}/live/v1/tick-info").headers["X-Qubic-Network"] == "devnet"


def test_killed_devnet_comes_back_where_it_was(running: list[PlatformProcess]) -> None:
    up = running[-1]
    url, devnet = _devnet_url(up), _state(up).devnet
    assert devnet is not None
    before = httpx.get(f"{url}/devnet/v1/state").json()

    os.kill(devnet.pid, signal.SIGKILL)
    up.note("the devnet is up again", seconds=20)

    assert _devnet_url(up) == url
    after = httpx.get(f"{url}/devnet/v1/state").json()
    assert after["tick"] >= before["tick"]
    assert after["supply"] == before["supply"]
    assert next(part for part in _look(up).parts if part.name == "chain").state == "ok"


def test_killed_up_is_taken_over_with_all_that_runs(running: list[PlatformProcess]) -> None:
    before = (_scheduler(running[-1]), _api_process(running[-1]))
    key = running[-1].events[0:] and next(e["apiKey"] for e in running[-1].events if e["event"] == "ready")
    kill_and_wait(running[-1].process.pid)
    assert _look(running[-1]).state == "down"
    assert _api_process(running[-1]) == before[1]

    running.append(PlatformProcess(running[-1].home, port=running[-1].port, command=STANDIN))
    ready = running[-1].ready(seconds=40)

    assert "taking over" in str(running[-1].events[0])
    assert (_scheduler(running[-1]), _api_process(running[-1])) == before
    assert ready["apiKey"] == key
    assert _look(running[-1]).state == "ok"


def test_dead_head_is_replaced_with_all_that_ran_on_it(running: list[PlatformProcess]) -> None:
    up = running[-1]
    head = _state(up).head
    assert head is not None
    before = _scheduler(up)

    os.kill(head.raylet.pid, signal.SIGKILL)
    up.note("Ray's head is up again", seconds=90)

    assert _scheduler(up) != before
    assert _look(up).state == "ok"


def test_down_from_another_shell_ends_everything_and_keeps_the_data(running: list[PlatformProcess]) -> None:
    up = running[-1]
    home = Home(up.home)
    known = {process.pid: process for process in (*up.descendants(), psutil.Process(up.process.pid))}

    assert down(home)
    assert up.process.wait(timeout=30) == 0
    up.note("stopped in", seconds=30)

    assert not anything_runs(home)
    # A dead orphan of the `up` that was killed stays a zombie where process 1 collects none.
    assert wait_gone(list(known.values()), deadline=time.monotonic()) == []
    assert (home.postgres / "data" / "PG_VERSION").exists()
    assert (home.devnet / "chain.sqlite").exists()
    assert (home.logs / "ray" / "raylet.out").exists()
    assert not down(home)


def test_down_ends_what_a_killed_up_left(running: list[PlatformProcess]) -> None:
    up = PlatformProcess(running[-1].home, port=running[-1].port, command=STANDIN)
    running.append(up)
    up.wait_for(lambda event: event.get("part") == "Ray head", seconds=60)
    kill_and_wait(up.process.pid)
    assert up.descendants()

    assert down(Home(up.home))
    assert up.descendants() == []
    assert not anything_runs(Home(up.home))


def test_interrupt_while_starting_leaves_nothing(running: list[PlatformProcess]) -> None:
    up = PlatformProcess(running[-1].home, port=running[-1].port, command=STANDIN)
    running.append(up)
    up.wait_for(lambda event: event.get("part") == "PostgreSQL", seconds=60)

    up.stop(signal.SIGINT)

    assert up.process.returncode == 0
    assert up.descendants() == []
    assert not anything_runs(Home(up.home))
