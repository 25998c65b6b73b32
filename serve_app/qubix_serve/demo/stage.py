"""What the demo's parts share: the platform, two clients of it, and the list of claims."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from qubix.client import Client
from qubix.job import Job
from qubix.schemas.jobs import Job as JobInfo
from qubix.schemas.monitor import LogEntry
from qubix.schemas.providers import Provider
from qubix.schemas.states import LogStream
from qubix_serve.demo.checks import Checklist
from qubix_serve.demo.errors import DemoFailed
from qubix_serve.demo.host import Host
from qubix_serve.demo.show import Show
from qubix_serve.demo.wallet import DevnetWallet

_MACHINES_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class Run:
    """A job that was watched to its end.

    Attributes:
        info: the job as it ended.
        progress: every progress that was seen, in order.
        attempts: the number of the attempt of each line of output, in order.
        first_line_at: by attempt, when its first line was seen, on `time.monotonic`'s clock.
    """

    info: JobInfo
    progress: list[float]
    attempts: list[int]
    first_line_at: dict[int, float]


class Stage:
    """The running platform with its operator, who provides the machines, and a consumer who signs in by wallet.

    Args:
        host: a platform that is ready.
        show: what the person sees.
        checklist: takes the claims.
        script: the training script.
        seconds: how long each training shall take.
    """

    def __init__(self, host: Host, *, show: Show, checklist: Checklist, script: Path, seconds: int) -> None:
        self.host: Final = host
        self.show: Final = show
        self.checklist: Final = checklist
        self.script: Final = script
        self.seconds: Final = seconds
        self.facts: Final[dict[str, Any]] = {}
        self._open = ExitStack()
        url = host.facts["url"]
        self.operator: Final = self._client(url, host.facts["apiKey"])
        chain_url = host.facts["chainUrl"]
        self.consumer_wallet: Final = DevnetWallet(0, chain_url=chain_url)
        self.provider_wallet: Final = DevnetWallet(1, chain_url=chain_url)
        self.anonymous: Final = self._client(url, None)
        self.consumer: Final = self._client(url, self.consumer_wallet.connect(self.anonymous).session.token)

    def machines(self, count: int) -> list[Provider]:
        """The providers, once so many are online.

        Raises:
            DemoFailed: they did not come.
        """
        deadline = time.monotonic() + _MACHINES_SECONDS
        while len(online := [each for each in self.operator.providers() if each.is_online]) < count:
            if time.monotonic() > deadline:
                raise DemoFailed(
                    asked=f"Waiting for {count} providers",
                    obstacle=f"after {_MACHINES_SECONDS:.0f} s {len(online)} are online",
                    remedy=f"Their logs are in {self.host.home.logs}; run the demo with --home to keep them.",
                )
            time.sleep(_LOOK_SECONDS)
        return sorted(online, key=lambda each: each.worker_id)

    def watch(self, job: Job, title: str, *, meanwhile: Callable[[JobInfo], None] = lambda _: None) -> Run:
        """Show a job until it ends.

        Args:
            job: the job.
            title: what to show above it.
            meanwhile: is given each look at the job.
        """
        progress: list[float] = []
        attempts: list[int] = []
        first_line_at: dict[int, float] = {}
        info = job.latest
        with self.show.job(title) as view:
            for news in job.watch():
                view.news(news)
                if isinstance(news, LogEntry):
                    if news.stream is LogStream.STDOUT:
                        attempts.append(news.attempt)
                        first_line_at.setdefault(news.attempt, time.monotonic())
                else:
                    info = news
                    progress.append(news.progress)
                    meanwhile(news)
        return Run(info=info, progress=progress, attempts=attempts, first_line_at=first_line_at)

    def _client(self, url: str, key: str | None) -> Client:
        return self._open.enter_context(Client(url, key))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
