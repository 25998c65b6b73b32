"""`qubix login` and what follows, by the real command against the real API."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qubix.cli.login import check, read_seed
from qubix.errors import InvalidRequest, NotAllowed
from qubix.qubic import keys
from qubix.schemas.states import WalletFormat
from qubix.schemas.wallets import Challenge
from qubix.wallets import seeds
from qubix.wallets.message import Terms, compose
from qubix_serve.settings import ServeSettings
from tests.serve_app.servers import serving_in_a_thread

SEED = "somebodysecretseed".ljust(55, "x")
ADDRESS = keys.derive(SEED).identity


_WITHOUT = """
import sys
from importlib.abc import MetaPathFinder

class Absent(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in sys.argv[1].split(","):
            raise ImportError(f"No module named {name!r}")

sys.meta_path.insert(0, Absent())
from qubix.cli.command import run
sys.exit(run(sys.argv[2:]))
"""


@dataclass
class Shell:
    """Runs `qubix` with a configuration of its own."""

    url: str
    home: Path

    def run(self, *arguments: str, without: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """The outcome of one command line; `without` are packages that are not installed for it."""
        program = [str(Path(sys.executable).with_name("qubix"))]
        if without:
            program = [sys.executable, "-c", _WITHOUT, ",".join(without)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("QUBIX_")}
        return subprocess.run(
            [*program, *arguments],
            env=kept | {"QUBIX_URL": self.url, "XDG_CONFIG_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def json(self, *arguments: str) -> dict[str, object]:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        answer: dict[str, object] = json.loads(done.stdout)
        return answer


@pytest.fixture
def devnet_shell(serve_settings: ServeSettings, tmp_path: Path) -> Iterator[Shell]:
    with serving_in_a_thread(replace(serve_settings, is_devnet=True)) as address:
        yield Shell(f"http://{address}", tmp_path / "config")


@pytest.fixture
def mainnet_shell(serve_settings: ServeSettings, tmp_path: Path) -> Iterator[Shell]:
    with serving_in_a_thread(serve_settings) as address:
        yield Shell(f"http://{address}", tmp_path / "config")


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    path = tmp_path / "seed"
    path.write_text(f"{SEED}\n")
    path.chmod(0o600)
    return path


def test_a_development_wallet_signs_in_works_and_signs_out(devnet_shell: Shell) -> None:
    assert devnet_shell.run("me").returncode == 1
    connected = devnet_shell.json("login", "--devnet", "3")
    address = keys.derive(seeds.funded(3)).identity
    assert connected["user"]["qubicAddress"] == address  # type: ignore[index]
    kept = devnet_shell.home / "qubix" / "config.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert devnet_shell.json("me")["qubicAddress"] == address
    assert devnet_shell.json("wallet")["available"] == 0
    made = devnet_shell.json("keys", "create", "ci", "--scope", "read", "--expires", "1h")
    assert made["scopes"] == ["read"]
    listed = devnet_shell.run("keys", "list")
    assert "ci" in listed.stdout
    assert str(made["key"]) not in listed.stdout
    assert "devnet" in devnet_shell.run("sessions", "list").stdout
    assert devnet_shell.run("keys", "revoke", str(made["id"])).returncode == 0
    assert devnet_shell.run("logout").returncode == 0
    assert devnet_shell.run("me").returncode == 1
    assert "no session is kept" in devnet_shell.run("logout").stderr


def test_a_wallet_in_a_file_signs_in_and_its_seed_is_nowhere(mainnet_shell: Shell, seed_file: Path) -> None:
    done = mainnet_shell.run("login", "--seed-file", str(seed_file))
    assert done.returncode == 0, done.stderr
    assert ADDRESS in done.stdout
    assert mainnet_shell.json("me")["qubicAddress"] == ADDRESS
    kept = (mainnet_shell.home / "qubix" / "config.json").read_text()
    assert SEED not in done.stdout + done.stderr + kept


def test_signing_in_needs_nothing_of_the_server(mainnet_shell: Shell, seed_file: Path) -> None:
    server = ("qubix_platform", "qubix_serve", "qubix_actors", "qubix_agent", "fastapi", "sqlalchemy", "ray")
    done = mainnet_shell.run("login", "--seed-file", str(seed_file), without=server)
    assert done.returncode == 0, done.stderr
    assert mainnet_shell.json("me")["qubicAddress"] == ADDRESS


def test_without_the_chains_hash_it_says_how_to_get_it(mainnet_shell: Shell, seed_file: Path) -> None:
    refused = mainnet_shell.run("login", "--seed-file", str(seed_file), without=["Crypto"])
    assert refused.returncode == 1
    assert 'pip install "qubix[chain]"' in refused.stderr


def test_off_a_devnet_development_wallets_are_refused(mainnet_shell: Shell) -> None:
    refused = mainnet_shell.run("login")
    assert refused.returncode == 1
    assert "--seed-file" in refused.stderr


def test_signing_out_of_a_session_that_has_ended_forgets_it(devnet_shell: Shell) -> None:
    session = devnet_shell.json("login")["session"]
    devnet_shell.run("sessions", "end", session["id"])  # type: ignore[index]
    assert devnet_shell.run("me").returncode == 1
    assert devnet_shell.json("logout")["signedOut"] is True


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_seed_that_others_may_read_is_refused_unread(seed_file: Path, mode: int) -> None:
    seed_file.chmod(mode)
    with pytest.raises(NotAllowed, match="you alone") as refused:
        read_seed(seed_file)
    assert SEED not in refused.value.message


def test_a_seed_file_that_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(InvalidRequest):
            read_seed(path)


def test_a_seed_cannot_be_given_as_an_argument(mainnet_shell: Shell) -> None:
    refused = mainnet_shell.run("login", SEED)
    assert refused.returncode == 2


def challenge(domain: str, *, formats: list[WalletFormat]) -> Challenge:
    now = datetime.now(UTC)
    end = now + timedelta(minutes=5)
    terms = Terms(domain=domain, address=ADDRESS, nonce="0" * 32, issued_at=now, expires_at=end)
    return Challenge(nonce=terms.nonce, domain=domain, expires_at=end, message=compose(terms), formats=formats)


def test_a_challenge_of_another_platform_is_not_signed() -> None:
    """A dishonest platform could pass on an honest one's challenge, and sign in there with what comes back."""
    passed_on = challenge("honest.example", formats=[WalletFormat.EXTENSION])
    for url, address in (("https://evil.example", ADDRESS), ("https://honest.example", "Z" * 60)):
        with pytest.raises(NotAllowed, match="wants signed"):
            check(passed_on, url=url, address=address, wallet_format=WalletFormat.EXTENSION)
    check(passed_on, url="https://honest.example/", address=ADDRESS, wallet_format=WalletFormat.EXTENSION)
