"""Beyond loopback only with TLS."""

from pathlib import Path

import pytest

from qubix_serve.supervisor.errors import TlsMissing
from qubix_serve.supervisor.tls import FILES, ServerCertificate, require_tls


def test_loopback_needs_none() -> None:
    require_tls("127.0.0.1", {})
    require_tls("::1", {})


def test_other_addresses_need_it_switched_on() -> None:
    with pytest.raises(TlsMissing, match="RAY_USE_TLS is not 1"):
        require_tls("10.0.0.10", {"RAY_USE_TLS": "0"})


def test_every_file_has_to_be_there(tmp_path: Path) -> None:
    (tmp_path / "key").touch()
    values = {"RAY_USE_TLS": "1", "RAY_TLS_SERVER_KEY": str(tmp_path / "key"), "RAY_TLS_CA_CERT": str(tmp_path / "no")}

    with pytest.raises(TlsMissing, match="RAY_TLS_SERVER_CERT, RAY_TLS_CA_CERT does not name a file"):
        require_tls("10.0.0.10", values)
    require_tls("10.0.0.10", {"RAY_USE_TLS": "1"} | dict.fromkeys(FILES, str(tmp_path / "key")))


def test_api_has_the_certificate_that_ray_needs_and_none_on_loopback() -> None:
    values = {"RAY_TLS_SERVER_CERT": "/etc/node.crt", "RAY_TLS_SERVER_KEY": "/etc/node.key"}

    assert ServerCertificate.of("127.0.0.1", values) is None
    found = ServerCertificate.of("10.0.0.10", values)
    assert found == ServerCertificate(certificate=Path("/etc/node.crt"), key=Path("/etc/node.key"))


def test_name_in_place_of_an_address_is_refused() -> None:
    with pytest.raises(TlsMissing, match="not an IP address"):
        require_tls("head.example", {})
