"""What is behind the pages: a real platform, and people who act on it outside the browser."""

from dataclasses import dataclass, field
from typing import Final

import httpx
from playwright.sync_api import BrowserContext

CONSUMER: Final = 0
"""The development wallet that rents."""
OWNER: Final = 1
"""The development wallet that shares a machine of its own."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A platform that is up, with two simulated providers.

    Attributes:
        url: of the platform.
        operator: a client of its API as its operator, whose machines the providers are.
    """

    url: str
    operator: httpx.Client
    _sessions: dict[int, dict[str, str]] = field(default_factory=dict)

    def sign_in(self, context: BrowserContext, wallet: int = CONSUMER) -> None:
        """Have a browser signed in with a development wallet, once for all windows: sign-ins are rationed."""
        if wallet not in self._sessions:
            self._connect(context, wallet)
            self._sessions[wallet] = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
        for name, value in self._sessions[wallet].items():
            context.add_cookies([{"name": name, "value": value, "url": self.url, "sameSite": "Strict"}])

    def _connect(self, context: BrowserContext, wallet: int) -> None:
        request = context.request
        mine = request.get(f"{self.url}/api/wallet/development").json()[wallet]
        asked = request.post(f"{self.url}/api/wallet/challenge", data={"qubicAddress": mine["qubicAddress"]}).json()
        message = {"message": asked["message"]}
        signed = request.post(f"{self.url}/api/wallet/development/{mine['number']}/sign", data=message).json()
        answer = request.post(f"{self.url}/api/wallet/connect", data=signed | message, headers={"Origin": self.url})
        assert answer.ok, answer.text()

    def machines(self) -> list[dict[str, object]]:
        """The providers' machines."""
        found: list[dict[str, object]] = self.operator.get("/api/providers/my").json()
        return found
