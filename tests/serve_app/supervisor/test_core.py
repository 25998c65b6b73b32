"""What the platform's core is told about the address that people use."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from qubix.errors import InvalidRequest
from qubix_platform.database.settings import DatabaseSettings
from qubix_serve.settings import ServeSettings
from qubix_serve.supervisor.core import UpRequest, core_settings, public_url
from qubix_serve.supervisor.home import Home, Secrets
from qubix_serve.supervisor.state import Ports

PORTS = Ports(http=9000, gcs=1, proxy_stats=2, proxy_metrics=3, proxy_fallback=4, replicas=5, dashboard=6, devnet=7)


def _settings(home: Path, given: dict[str, str]) -> ServeSettings:
    environment = core_settings(
        Home(home),
        UpRequest(http_port=9000),
        ports=PORTS,
        secrets=Secrets(qubix_secret="s", ray_token="t"),
        database=DatabaseSettings(app_url=make_url("postgresql+asyncpg://app@127.0.0.1/qubix"), owner_url=None),
        given=given,
    )
    return ServeSettings.from_environment(environment)


@pytest.mark.parametrize("given", [{}, {"QUBIX_URL": ""}])
def test_address_is_where_the_api_listens(tmp_path: Path, given: dict[str, str]) -> None:
    assert _settings(tmp_path, given).public_url == "http://127.0.0.1:9000"


def test_wallets_sign_in_to_the_address_of_the_front(tmp_path: Path) -> None:
    settings = _settings(tmp_path, {"QUBIX_URL": "https://QUBIX.example.org/"})

    assert settings.public_url == "https://qubix.example.org"
    assert settings.domain == "qubix.example.org"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9000"),
        ("10.0.0.10", "https://10.0.0.10:9000"),
        ("fd00::1", "https://[fd00::1]:9000"),
    ],
)
def test_other_machines_are_told_an_address_of_https(host: str, url: str) -> None:
    request = UpRequest(host=host, http_port=9000)

    assert (request.url, public_url(request, {})) == (url, url)
    assert request.local_url == "http://127.0.0.1:9000"


def test_address_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="not an HTTP address"):
        _settings(tmp_path, {"QUBIX_URL": "qubix.example.org"})
