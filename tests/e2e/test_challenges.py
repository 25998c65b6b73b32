"""The platform's own proxy tells its API who asks: one client's haste is not another's."""

import httpx
import pytest

from qubix.qubic import keys
from qubix_platform.wallets.limits import MOST_OF_A_CLIENT
from tests.platform_fixture import LivePlatform

pytestmark = [pytest.mark.xdist_group("platform"), pytest.mark.timeout(300)]


def test_clients_behind_the_proxy_are_limited_each_by_itself(platform: LivePlatform) -> None:
    def ask(http: httpx.Client, client: str, number: int) -> int:
        wallet = keys.derive(chr(ord("a") + number % 26) * (1 + number // 26) + "z" * (54 - number // 26))
        answer = http.post(
            "/api/wallet/challenge", json={"qubicAddress": wallet.identity}, headers={"X-Forwarded-For": client}
        )
        return answer.status_code

    # This machine's own word is taken, as that of a proxy on it; a stranger's stands before the address they come from.
    with httpx.Client(base_url=platform.url, timeout=30) as http:
        codes = [ask(http, "203.0.113.9", number) for number in range(MOST_OF_A_CLIENT + 1)]
        assert codes == [201] * MOST_OF_A_CLIENT + [429]
        assert ask(http, "203.0.113.10", MOST_OF_A_CLIENT + 2) == 201
