import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.services_stay_offline import LAW


@pytest.mark.parametrize(
    "text", ["import httpx", "from urllib.request import urlopen", "import socket", "import aiohttp"]
)
def test_catches_a_network_client_in_the_domain(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/escrow/service.py", text) == [1]
    assert offending_lines(LAW, "platform/qubix_platform/qubic/rpc.py", text) == []


def test_passes_modules_that_only_shape_addresses() -> None:
    text = "from urllib.parse import urlsplit\nfrom http import HTTPStatus"
    assert offending_lines(LAW, "platform/qubix_platform/escrow/service.py", text) == []
