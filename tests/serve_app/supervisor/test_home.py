"""The home folder: private, locked, and refused with a sentence when it cannot be used."""

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from qubix_serve.supervisor.errors import AlreadyRunning, HomeUnusable
from qubix_serve.supervisor.home import Home, Secrets


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A prepared home."""
    place = Home(tmp_path / "deep" / "home")
    place.prepare()
    return place


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_and_secrets_are_private(home: Home) -> None:
    secrets = Secrets.load_or_make(home)

    assert all(_mode(folder) == 0o700 for folder in (home.blobs, home.ray, home.agents, home.logs))
    assert _mode(home.secrets) == 0o600
    assert _mode(home.ray_token) == 0o600
    assert home.ray_token.read_text() == secrets.ray_token
    assert len(secrets.qubix_secret) >= 32
    assert secrets.qubix_secret not in repr(secrets)


def test_database_account_may_pass_through_a_home_of_root(home: Home) -> None:
    assert _mode(home.path) == (0o711 if os.geteuid() == 0 else 0o700)


def test_secrets_stay_the_same(home: Home) -> None:
    assert Secrets.load_or_make(home) == Secrets.load_or_make(home)


def test_secrets_that_others_can_read_are_refused(home: Home) -> None:
    Secrets.load_or_make(home)
    home.secrets.chmod(0o644)

    with pytest.raises(HomeUnusable, match="chmod 600"):
        Secrets.load_or_make(home)


@pytest.mark.parametrize("text", ["", "[]", '{"qubix_secret": "a"}'])
def test_damaged_secrets_are_refused_and_kept(home: Home, text: str) -> None:
    Secrets.load_or_make(home)
    home.secrets.write_text(text)

    with pytest.raises(HomeUnusable, match="Put it back from a backup"):
        Secrets.load_or_make(home)
    assert home.secrets.read_text() == text


def test_data_of_another_format_is_left_alone(home: Home) -> None:
    (home.path / "format").write_text("2\n")

    with pytest.raises(HomeUnusable, match="format 2, and this version of QUBIX reads format 1"):
        home.prepare()


def test_full_disk_is_told_before_anything_starts(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage(NamedTuple):
        free: int

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free=100 * 1024**2))

    with pytest.raises(HomeUnusable, match="100 MiB left"):
        home.prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder that belongs to another user")
def test_home_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)

    with pytest.raises(HomeUnusable, match="belongs to another user"):
        Home(tmp_path).prepare()


def test_missing_permission_is_a_sentence(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from qubix_serve.supervisor.home import Home\n"
        "from qubix_serve.supervisor.errors import HomeUnusable\n"
        "if os.geteuid() == 0:\n"
        "    os.setuid(65534)\n"
        "try:\n"
        f"    Home(Path({str(closed / 'home')!r})).prepare()\n"
        "except HomeUnusable as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False)

    assert "there is no permission to write" in done.stdout, done.stderr


def test_file_in_the_homes_place_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(HomeUnusable, match="Not a directory"):
        Home(tmp_path / "file" / "home").prepare()


@pytest.fixture
def other_process(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the home."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from qubix_serve.supervisor.home import Home\n"
        f"with Home(Path({str(home.path)!r})).locked():\n"
        "    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_second_holder_is_told_who_the_first_is(home: Home, other_process: subprocess.Popen[str]) -> None:
    with pytest.raises(AlreadyRunning, match=f"as process {other_process.pid}"), home.locked():
        pass
    holder = home.holding_process()
    assert holder is not None
    assert holder.pid == other_process.pid


def test_killed_holder_leaves_no_stale_lock(home: Home, other_process: subprocess.Popen[str]) -> None:
    other_process.kill()
    other_process.wait()

    assert home.holding_process() is None
    with home.locked():
        holder = home.holding_process()
        assert holder is not None
        assert holder.pid == os.getpid()
    assert home.holding_process() is None


def test_chosen_home_goes_before_the_environments(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QUBIX_HOME", str(tmp_path / "b"))

    assert Home.locate(tmp_path / "a").path == tmp_path / "a"
    assert Home.locate(None).path == tmp_path / "b"
