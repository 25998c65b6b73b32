"""What the server adds to the `qubix` command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from sqlalchemy import URL
from typer.testing import CliRunner

from qubix.schemas.states import TransactionType
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings, plain
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, ChainPlace, Leg, LegCause, Posting
from qubix_serve.commands import register
from tests.conftest import run_blocking

PASSWORD = "a-password-that-nobody-may-see"


def test_a_failure_shows_no_password(tmp_path: Path) -> None:
    """A database that does not answer is logged with its traceback: without the variables in it."""
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://qubix_app:{PASSWORD}@127.0.0.1:1/qubix",
        "DATABASE_OWNER_URL": f"postgresql://qubix_owner:{PASSWORD}@127.0.0.1:1/qubix",
    }
    ended = subprocess.run(
        [str(Path(sys.executable).with_name("qubix")), "admin", "ledger", "verify", "--home", str(tmp_path / "home")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode != 0
    assert "no connection to the database" in ended.stderr
    assert PASSWORD not in ended.stdout + ended.stderr


def test_naming_the_commands_loads_neither_the_database_nor_ray() -> None:
    """Every `qubix` command that the SDK does not have registers all of the server's first."""
    look = (
        "import sys, typer; from qubix_serve.commands import register; register(typer.Typer());"
        "print([name for name in ('sqlalchemy', 'asyncpg', 'structlog', 'fastapi', 'ray') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert ended.stdout.strip() == "[]"


@pytest.fixture
def operator(database_settings: DatabaseSettings, database_url: str, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The command of somebody on the platform's machine, on this test's database."""
    assert database_settings.owner_url is not None
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DATABASE_OWNER_URL", plain(database_settings.owner_url))
    app = typer.Typer()
    register(app)
    return app


def test_what_an_operator_does_on_the_chain_is_said_as_json(operator: typer.Typer) -> None:
    resumed = CliRunner().invoke(operator, ["admin", "chain", "resume", "--reason", "a test", "--json"])
    assert (resumed.exit_code, json.loads(resumed.stdout)) == (1, {"resumed": False})


def test_an_operator_says_what_a_user_may_have(operator: typer.Typer, ada_key: str) -> None:
    quota = ["admin", "users", "quota", "ada"]
    said = CliRunner().invoke(operator, [*quota, "--weight", "200", "--max-gpus", "4", "--high"])
    assert (said.exit_code, " ".join(said.stdout.split())) == (
        0,
        "ada has weight 200, may have 4 GPUs at once, and may use high priority.",
    )

    def after(*options: str) -> tuple[object, ...]:
        shown = json.loads(CliRunner().invoke(operator, [*quota, *options, "--json"]).stdout)
        return shown["weight"], shown["maxGpus"], shown["mayUseHigh"]

    assert after() == (200, 4, True)
    assert after("--weight", "300") == (300, 4, True)
    assert after("--no-high", "--any-gpus") == (300, None, False)
    assert after() == (300, None, False)
    assert CliRunner().invoke(operator, [*quota, "--any-gpus", "--max-gpus", "1"]).exit_code == 2
    assert CliRunner().invoke(operator, [*quota[:-1], "nobody"]).exit_code != 0


async def _pay_the_network(url: URL, amount: int) -> None:
    legs = (
        Leg(Account.costs(), -amount, LegCause.NETWORK_FEE),
        Leg(Account.chain(ChainPlace.HOT), amount, LegCause.NETWORK_FEE),
    )
    database = Database(create_engine(url))
    try:
        async with database.transaction() as session:
            await ledger.post(session, Posting("fee", TransactionType.NETWORK_FEE, "x", legs))
    finally:
        await database.close()


def test_an_operator_sees_the_revenue_by_day(operator: typer.Typer, database_settings: DatabaseSettings) -> None:
    run_blocking(_pay_the_network(database_settings.app_url, 10))
    asked = ["admin", "ledger", "revenue"]
    (day,) = json.loads(CliRunner().invoke(operator, [*asked, "--json"]).stdout)
    assert (day["jobs"], day["fees"], day["networkCosts"]) == (0, 0, 10)
    assert json.loads(CliRunner().invoke(operator, [*asked, "--to", "2026-01-31", "--json"]).stdout) == []
    shown = CliRunner().invoke(operator, asked)
    assert (shown.exit_code, day["day"] in shown.stdout) == (0, True)


def test_the_commands_of_an_operator_are_listed_and_found() -> None:
    app = typer.Typer()
    register(app)
    listed = CliRunner().invoke(app, ["admin", "--help"])
    assert "Operate the platform" in listed.stdout
    assert {"ledger", "users", "replay"} <= set(listed.stdout.split())
    assert "verify" in CliRunner().invoke(app, ["admin", "ledger", "--help"]).stdout
    assert CliRunner().invoke(app, ["admin", "nothing"]).exit_code == 2
