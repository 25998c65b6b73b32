"""The heartbeat: a thread that reports to the platform and hears what it wants."""

import contextlib
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from qubix.errors import QubixError
from qubix.schemas.providers import Heartbeat, HeartbeatAnswer
from qubix.schemas.states import ProviderStatus, ReportedStatus
from qubix.transport import Transport
from qubix_agent.agent import calls
from qubix_agent.agent.identity import Identity
from qubix_agent.hardware.usage import MachineUsage
from qubix_agent.home import AgentHome
from qubix_agent.runner.delivery import PASSING
from qubix_agent.runner.presence import running_attempts

_log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Condition:
    """What the agent says of the machine now."""

    status: ReportedStatus
    ray_node_id: str | None = None


class Heart:
    """Beats until it is stopped. While the platform is away it beats more slowly, and the jobs go on.

    Args:
        condition: what to say.
        on_answer: called with each answer, from the heart's thread.
        on_refusal: called with an answer that another beat will not change.
    """

    def __init__(
        self,
        *,
        home: AgentHome,
        transport: Transport,
        usage: MachineUsage,
        condition: Callable[[], Condition],
        on_answer: Callable[[HeartbeatAnswer], None],
        on_refusal: Callable[[QubixError], None],
    ) -> None:
        self._home = home
        self._transport = transport
        self._usage = usage
        self._condition = condition
        self._on_answer = on_answer
        self._on_refusal = on_refusal
        self._identity: Identity | None = None
        self._period = 5.0
        self._lock = threading.Lock()
        self._kick = threading.Event()
        self._stopped = threading.Event()
        self._misses = 0
        self._thread = threading.Thread(target=self._run, name="heart", daemon=True)
        self.heard_at: datetime | None = None
        self.acknowledged: ProviderStatus | None = None
        self.problem: str | None = None

    def start(self, identity: Identity, *, period: float) -> None:
        """Beat for this machine from now on. May be called again after it registered anew."""
        self._identity, self._period = identity, period
        if not self._thread.is_alive():
            self._thread.start()
        self._kick.set()

    def beat_soon(self) -> None:
        """Do not wait for the time to be up: something has changed."""
        self._kick.set()

    def stop(self) -> None:
        """Beat no more. Idempotent."""
        self._stopped.set()
        self._kick.set()
        # A beat may be stuck in the network for as long as a connection may take.
        with contextlib.suppress(RuntimeError):  # it never started
            self._thread.join(1.0)

    def beat(self) -> HeartbeatAnswer | None:
        """One beat now; None where the platform did not take it."""
        identity = self._identity
        if identity is None or identity.worker_token is None:
            return None
        with self._lock:
            try:
                answer = self._transport.send(
                    calls.heartbeat(self._compose(identity), worker_id=identity.worker_id, token=identity.worker_token)
                )
            except PASSING as away:
                self._missed(away)
                return None
            except QubixError as refused:
                self._missed(refused)
                self._on_refusal(refused)
                return None
            self._heard(answer)
        self._on_answer(answer)
        return answer

    def _compose(self, identity: Identity) -> Heartbeat:
        attempts = running_attempts(self._home.running)
        condition = self._condition()
        return Heartbeat(
            worker_id=identity.worker_id,
            usage=self._usage.read(),
            status=condition.status,
            current_job=attempts[0].job_id if attempts else None,
            attempts=[attempt.attempt_id for attempt in attempts],
            agent_session=identity.session,
            ray_node_id=condition.ray_node_id,
        )

    def _heard(self, answer: HeartbeatAnswer) -> None:
        if self._misses:
            _log.info("the platform answers again after %d missed heartbeats", self._misses)
        self._misses, self.problem = 0, None
        self.heard_at, self.acknowledged = datetime.now(UTC), answer.status

    def _missed(self, error: QubixError) -> None:
        self._misses += 1
        self.problem = error.message
        if self._misses == 1:
            _log.warning("a heartbeat failed: %s", error)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._kick.clear()
            self.beat()
            self._kick.wait(self._pause())

    def _pause(self) -> float:
        if not self._misses:
            return self._period
        # Soon at first, for a platform that is started again is back in seconds; then ever more slowly.
        return min(LONGEST_PAUSE_SECONDS, 2.0**self._misses) * random.uniform(0.5, 1.0)
