"""Which chain a platform gets, and what its core is told about it."""

import pytest
from sqlalchemy import make_url

from qubix_platform.database.settings import DatabaseSettings
from qubix_serve.supervisor.chain import ChainChoice
from qubix_serve.supervisor.core import UpRequest, core_settings
from qubix_serve.supervisor.devnet import DEFAULT_TICK_MS, require_real_money, tick_ms
from qubix_serve.supervisor.errors import ChainMisconfigured
from qubix_serve.supervisor.home import Home, Secrets
from qubix_serve.supervisor.postgres import choose_database
from qubix_serve.supervisor.progress import JsonProgress
from qubix_serve.supervisor.state import Ports, State
from qubix_serve.supervisor.up import Platform
from tests.devnet_fixture import LiveDevnet

PORTS = Ports(http=8000, gcs=1, proxy_stats=2, proxy_metrics=3, proxy_fallback=4, replicas=5, dashboard=6, devnet=777)
NETWORK = "https://rpc.example"


@pytest.mark.parametrize(
    ("given", "production", "setting", "url"),
    [
        ({}, False, "devnet", "http://127.0.0.1:777"),
        ({"QUBIX_CHAIN": ""}, False, "devnet", "http://127.0.0.1:777"),
        ({"QUBIX_CHAIN": "devnet"}, False, "devnet", "http://127.0.0.1:777"),
        ({"QUBIX_CHAIN": "none"}, False, "none", None),
        ({"QUBIX_CHAIN": f"{NETWORK}/"}, False, NETWORK, NETWORK),
        ({"QUBIX_CHAIN": NETWORK}, True, NETWORK, NETWORK),
        ({}, True, "none", None),
        ({"QUBIX_CHAIN": "devnet"}, True, "none", None),
    ],
)
def test_core_is_told_which_chain_there_is(
    given: dict[str, str], production: bool, setting: str, url: str | None, home: Home
) -> None:
    settings = core_settings(
        home,
        UpRequest(production=production),
        ports=PORTS,
        secrets=Secrets(qubix_secret="s", ray_token="t"),
        database=DatabaseSettings(app_url=make_url("postgresql+asyncpg://app@127.0.0.1/qubix"), owner_url=None),
        given=given | {"QUBIX_CHAIN_URL": "http://somewhere.else"},
    )

    assert settings["QUBIX_CHAIN"] == setting
    assert settings.get("QUBIX_CHAIN_URL") == url


@pytest.mark.parametrize("given", ["mainnet", "ftp://rpc.example", "http://", "https://rpc.example?x=1", "file:///x"])
def test_chain_that_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ChainMisconfigured, match="neither 'devnet'"):
        ChainChoice.of({"QUBIX_CHAIN": given}, production=False)


def test_ticks_of_the_devnet_can_be_chosen() -> None:
    assert tick_ms({}) == DEFAULT_TICK_MS
    assert tick_ms({"QUBIX_DEVNET_TICK_MS": "20"}) == 20
    for given in ("19", "fast", "-1", "60001"):
        with pytest.raises(ChainMisconfigured):
            tick_ms({"QUBIX_DEVNET_TICK_MS": given})


def test_play_money_is_refused_in_production(devnet: LiveDevnet, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUBIX_CHAIN", devnet.url)
    home.prepare()
    request = UpRequest(production=True)
    platform = Platform(home, request, database=choose_database(home), progress=JsonProgress())

    with pytest.raises(ChainMisconfigured, match="QUBIX devnet"):
        platform.bring_up()
    assert State.load(home) is None


def test_network_that_does_not_answer_now_is_taken() -> None:
    require_real_money("http://127.0.0.1:9")


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home's folder."""
    return Home(tmp_path_factory.mktemp("home"))
