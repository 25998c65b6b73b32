"""Agents as real processes against a small real HTTP server."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from qubix.schemas.attempts import AttemptSpec, MailboxEntry
from qubix.schemas.jobs import Job
from qubix.schemas.providers import Provider, QuickRegistered, RayJoin
from qubix.schemas.resources import ResourceRequest
from qubix.schemas.states import (
    IsolationLevel,
    JobStatus,
    ModelType,
    ProviderStatus,
    ProviderType,
    ReportedStatus,
    Trust,
)
from qubix_agent.home import AgentHome
from tests.node_agent.api_double import Answer, ApiDouble, Received, api_double, refusal
from tests.node_agent.seeding import seeded_home

JOIN_TOKEN = "qbx_join_1"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Market:
    """Answers as the platform would: one provider, its mailbox, and what the test wants said."""

    api: ApiDouble
    ray: RayJoin | None = None
    tokens: set[str] = field(default_factory=lambda: {JOIN_TOKEN, "qbx_wrk_1"})
    mailbox: list[MailboxEntry] = field(default_factory=list)
    is_drained: bool = False
    cancel: list[str] = field(default_factory=list)
    away: bool = False
    answers: list[Answer] = field(default_factory=list)

    def respond(self, request: Received) -> Answer | None:
        if self.away:
            return refusal(503, "unavailable", "the platform is being started again")
        if request.path == "/api/health":
            versions = {"qubix": "0", "ray": "2.60.0", "python": "3.11.0", "api": "1"}
            return 200, {"status": "ok", "mode": "development", "parts": [], "versions": versions}
        if request.path.startswith("/api/jobs/pending/"):
            return 200, [entry.wire() for entry in self.mailbox]  # type: ignore[return-value]  # a list is JSON too
        if request.path.endswith(("/quick-register", "/heartbeat")):
            if request.token not in self.tokens:
                return refusal(401, "not_authenticated", "nobody knows this token")
            if self.answers:
                return self.answers.pop(0)
            return self._registered(request.body) if "quick" in request.path else self._beat(request.body)
        return None

    def _registered(self, body: dict[str, Any]) -> Answer:
        provider = Provider(
            id=uuid4(),
            worker_id=body["workerId"],
            name=body["name"],
            type=ProviderType(body["type"].upper()),
            trust=Trust.GUEST,
            qubic_address=None,
            gpus=[],
            gpu_model=None,
            gpu_vram_mib=0,
            cpu_model=body["cpu"]["model"],
            cpu_cores=body["cpu"]["cores"],
            ram_mib=body["ram"]["totalMib"],
            disk_mib=0,
            location=None,
            price_per_hour=body.get("pricePerHour", 0),
            status=ProviderStatus.OFFLINE,
            is_online=False,
            is_available=True,
            current_job_id=None,
            isolation_level=IsolationLevel(body.get("isolationLevel", "none")),
            simulated=body.get("simulated", False),
            verified=True,
            reliability=1.0,
            benchmark=None,
            labels={},
            total_earnings=0,
            total_jobs=0,
            uptime_seconds=0,
            registered_at=NOW,
            last_heartbeat=None,
        )
        answer = QuickRegistered(
            success=True,
            provider=provider,
            worker_token="qbx_wrk_1",
            ray=self.ray if body["type"] == "ray" else None,
            heartbeat_seconds=1,
        )
        return 200, answer.wire()

    def _beat(self, body: dict[str, Any]) -> Answer:
        statuses = {
            ReportedStatus.DRAINING: ProviderStatus.DRAINING,
            ReportedStatus.OFFLINE: ProviderStatus.OFFLINE,
        }
        drained = ProviderStatus.DRAINING if self.is_drained else ProviderStatus.ONLINE
        status = statuses.get(ReportedStatus(body["status"]), drained)
        return 200, {
            "success": True,
            "pendingJobs": [],
            "cancelAttempts": self.cancel,
            "status": status.value,
        }

    def offer(self, source: str) -> MailboxEntry:
        """Put a job into the mailbox."""
        entry = mailbox_entry(source)
        self.mailbox.append(entry)
        return entry

    def wait_for_beat(self, matches: Callable[[dict[str, Any]], bool], seconds: float = 30) -> dict[str, Any]:
        """Wait for a heartbeat that says so."""
        found: list[dict[str, Any]] = []

        def look() -> bool:
            found[:] = [body for body in self.api.bodies("/heartbeat") if matches(body)]
            return bool(found)

        with self.api.changed:
            assert self.api.changed.wait_for(look, seconds), self.api.bodies("/heartbeat")
        return found[0]


def mailbox_entry(source: str) -> MailboxEntry:
    job = Job(
        id=uuid4(),
        name="job",
        model_type=ModelType.SCRIPT,
        status=JobStatus.ASSIGNED,
        progress=0,
        cause=None,
        error=None,
        result=None,
        max_price=1,
        time_limit_seconds=60,
        hold_amount=1,
        estimated_cost=1,
        estimated_seconds=None,
        actual_cost=None,
        provider_id=None,
        worker_id=None,
        attempts=1,
        simulated=False,
        resources=ResourceRequest(),
        requirements=[],
        cancel_requested=False,
        unassignable_since=None,
        created_at=NOW,
        started_at=None,
        completed_at=None,
    )
    spec = AttemptSpec(
        job_id=job.id,
        attempt_id=uuid4(),
        attempt_token="qbx_att_1",
        number=1,
        model_type=ModelType.SCRIPT,
        source=source,
        time_limit_seconds=60,
        cpu_cores=1,
        memory_mib=256,
        disk_mib=64,
        lease_seconds=15,
    )
    return MailboxEntry(**dict(job), attempt_id=spec.attempt_id, attempt_token=spec.attempt_token, spec=spec)


class AgentProcess:
    """`qubix-agent join` as a process of its own."""

    def __init__(self, url: str, home: AgentHome, *arguments: str, token: str | None) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("QUBIX_")}
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "qubix_agent.cli", "join", url, "--home", str(home.root), *arguments],
            env=environment | ({"QUBIX_JOIN_TOKEN": token} if token else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line)

    @property
    def pid(self) -> int:
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = 30) -> int:
        code = self._process.wait(seconds)
        self._reader.join(5)
        return code

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


StartAgent = Callable[..., AgentProcess]


@pytest.fixture
def market() -> Iterator[Market]:
    with api_double() as double:
        market = Market(double)
        double.responder = market.respond
        yield market


@pytest.fixture
def home(tmp_path: Path) -> AgentHome:
    return seeded_home(tmp_path / "agent")


@pytest.fixture
def start_agent(market: Market, home: AgentHome) -> Iterator[StartAgent]:
    started: list[AgentProcess] = []

    def start(*arguments: str, token: str | None = JOIN_TOKEN) -> AgentProcess:
        agent = AgentProcess(market.api.url, home, *arguments, token=token)
        started.append(agent)
        return agent

    yield start
    for agent in started:
        agent.end()
