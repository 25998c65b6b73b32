"""What is behind the pages: a real platform, and people who act on it outside the browser."""

from dataclasses import dataclass, field
from typing import Final

import httpx
from playwright.sync_api import BrowserContext, Page

from qubix import Client, Job
from qubix.schemas.monitor import LogEntry
from qubix.schemas.states import JobStatus

CONSUMER: Final = 0
"""The development wallet that rents."""
OWNER: Final = 1
"""The development wallet that shares a machine of its own."""
SAVER: Final = 3
"""The development wallet whose money is looked at: a job of theirs waits for good."""
_OPERATOR: Final = -1
_PROGRAM: Final = """
import os
import time
from pathlib import Path

time.sleep(1.5)
print("forty-two", flush=True)
(Path(os.environ["QUBIX_OUTPUT"]) / "answer.txt").write_text("forty-two")
"""
_LONG_PROGRAM: Final = """
import time

import qubix

STEPS = 300
for step in range(STEPS):
    loss = 2.3 * 0.985**step
    print(f"\\x1b[36mepoch {step // 10 + 1}\\x1b[0m step {step} loss {loss:.3f}", flush=True)
    qubix.progress(step / STEPS)
    time.sleep(0.25)
"""
_HALF_DONE_PERCENT: Final = 50


@dataclass(frozen=True, kw_only=True)
class World:
    """A platform that is up, with two simulated providers.

    Attributes:
        url: of the platform.
        operator: a client of its API as its operator, whose machines the providers are.
        client: the library's, for the same.
        done: what was brought about once for all tests.
    """

    url: str
    operator: httpx.Client
    client: Client
    done: set[str] = field(default_factory=set)
    _sessions: dict[int, dict[str, str]] = field(default_factory=dict)
    _finished: list[Job] = field(default_factory=list)
    _running: list[Job] = field(default_factory=list)
    _waiting: list[Job] = field(default_factory=list)

    def sign_in(self, context: BrowserContext, wallet: int = CONSUMER) -> None:
        """Have a browser signed in with a development wallet, once for all windows: sign-ins are rationed."""
        if wallet not in self._sessions:
            self._connect(context, wallet)
            self._sessions[wallet] = {cookie["name"]: cookie["value"] for cookie in context.cookies()}
        for name, value in self._sessions[wallet].items():
            context.add_cookies([{"name": name, "value": value, "url": self.url, "sameSite": "Strict"}])

    def sign_in_operator(self, page: Page) -> None:
        """Have a browser signed in as the operator, whose machines the providers are: by a link, once for all."""
        if _OPERATOR not in self._sessions:
            link = httpx.URL(self.operator.post("/api/wallet/links").json()["url"])
            page.goto(f"{self.url}{link.path}#{link.fragment}")
            page.wait_for_url(f"{self.url}/app/marketplace")
            self._sessions[_OPERATOR] = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        for name, value in self._sessions[_OPERATOR].items():
            page.context.add_cookies([{"name": name, "value": value, "url": self.url, "sameSite": "Strict"}])

    def _connect(self, context: BrowserContext, wallet: int) -> None:
        request = context.request
        mine = request.get(f"{self.url}/api/wallet/development").json()[wallet]
        asked = request.post(f"{self.url}/api/wallet/challenge", data={"qubicAddress": mine["qubicAddress"]}).json()
        message = {"message": asked["message"]}
        signed = request.post(f"{self.url}/api/wallet/development/{mine['number']}/sign", data=message).json()
        answer = request.post(f"{self.url}/api/wallet/connect", data=signed | message, headers={"Origin": self.url})
        assert answer.ok, answer.text()

    def finished_job(self) -> str:
        """The id of a job of the operator's that has run on a machine of theirs; the same one each time."""
        if not self._finished:
            job = self._submit(_PROGRAM, gpu="RTX 4090", max_price=10_000_000, name="answer.py")
            job.wait()
            self._finished.append(job)
        return str(self._finished[0].id)

    def running_job(self) -> str:
        """The id of a job of the operator's that runs, and goes on for half a minute at least."""
        for job in self._running:
            now = job.info
            if now.status is JobStatus.RUNNING and now.progress < _HALF_DONE_PERCENT:
                return str(job.id)
        self._running[:] = [self._submit(_LONG_PROGRAM, gpu="A100-80GB", max_price=10_000_000, name="train.py")]
        next(news for news in self._running[0].watch() if isinstance(news, LogEntry))
        return str(self._running[0].id)

    def waiting_job(self) -> str:
        """The id of a job of the operator's that waits, because it pays too little; the same one each time."""
        if not self._waiting:
            self._waiting.append(self._submit(_PROGRAM, gpu="RTX 4090", max_price=1_000, name="patient.py"))
        return str(self._waiting[0].id)

    def machines(self) -> list[dict[str, object]]:
        """The providers' machines."""
        found: list[dict[str, object]] = self.operator.get("/api/providers/my").json()
        return found

    def _submit(self, source: str, *, gpu: str, max_price: int, name: str) -> Job:
        if "operator's money" not in self.done:
            self.client.credit(1_000_000_000)
            self.done.add("operator's money")
        return self.client.submit(source=source, gpu=gpu, max_price=max_price, timeout="2m", name=name)
