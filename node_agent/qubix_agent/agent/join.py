"""The agent's life: joins, looks after itself, leaves."""

import threading
import time
from dataclasses import replace
from importlib.util import find_spec
from typing import Final

from qubix.errors import NotFound, QubixError
from qubix.retries import RetryPolicy
from qubix.schemas.providers import HeartbeatAnswer, QuickRegistered, RayJoin, ReachAnswer, ReachRequest
from qubix.schemas.states import ProviderStatus, ReportedStatus
from qubix.settings import Connection, normalise
from qubix.transport import Transport
from qubix_agent.agent import calls
from qubix_agent.agent.asked import Asked
from qubix_agent.agent.cluster_node import ClusterNode, node_spec, require_fitting, require_reached
from qubix_agent.agent.cooling import Cooling
from qubix_agent.agent.drain import hand_over, wait_until_idle
from qubix_agent.agent.errors import CannotJoin
from qubix_agent.agent.heart import Condition, Heart
from qubix_agent.agent.identity import end_session, load_identity, save_identity
from qubix_agent.agent.options import JoinAs, JoinOptions
from qubix_agent.agent.prepare import survey
from qubix_agent.agent.registering import Kind, Registered, register
from qubix_agent.agent.single import only_agent
from qubix_agent.agent.state import AgentState, write_state
from qubix_agent.agent.sweeper import Sweeper
from qubix_agent.agent.voice import Voice
from qubix_agent.agent.work import MailboxWork, NodeWork, Work
from qubix_agent.hardware.usage import MachineUsage
from qubix_agent.home import AgentHome
from qubix_agent.ray_node import become_subreaper
from qubix_agent.runner.calls import health
from qubix_agent.runner.context import make_context
from qubix_agent.runner.presence import order, running_attempts
from qubix_agent.runner.stop import Stop
from qubix_agent.sandbox.launcher import Launcher

LOOK_SECONDS: Final = 0.5
STATE_SECONDS: Final = 2.0
GOODBYE_SECONDS: Final = 2.0


def join(*, home: AgentHome, options: JoinOptions, voice: Voice, asked: Asked) -> None:
    """Be this machine's agent until asked to end.

    Raises:
        AlreadyJoined: an agent works in this home already.
        QubixError: the machine cannot join, or the platform does not want it any more.
    """
    home.make()
    with only_agent(home.lock):
        home.sent_away.unlink(missing_ok=True)
        become_subreaper()
        asked.interrupts = True
        _Agent(home, replace(options, url=normalise(options.url)), voice, asked).run()


class _Agent:
    def __init__(self, home: AgentHome, options: JoinOptions, voice: Voice, asked: Asked) -> None:
        self._home = home
        self._options = options
        self._voice = voice
        self._asked = asked
        self._identity = load_identity(home.identity)
        self._transport = Transport(Connection(url=options.url))
        self._refused: QubixError | None = None
        self._unknown = threading.Event()
        self._status = ReportedStatus.ONLINE
        self._is_sent_away = False

    def run(self) -> None:
        self._voice.say("joining", f"Joining {self._options.url} as {self._identity.worker_id}.")
        kinds = self._possible_kinds()
        with Launcher(standbys=0) as launcher:
            sweeper = Sweeper(home=self._home, launcher=launcher)
            sweeper.sweep()
            self._offer = survey(
                home=self._home, options=self._options, identity=self._identity, launcher=launcher, voice=self._voice
            )
            registered = self._register(kinds)
            # Registering by the invitation again would replace the worker token under the feet of the heart.
            self._options = replace(self._options, token=None)
            sweeper.start()
            try:
                self._serve(registered)
            finally:
                sweeper.close()
                # What a runner left that was killed has nobody else to end it from now on.
                sweeper.sweep()
                self._transport.close()

    def _possible_kinds(self) -> tuple[Kind, ...]:
        """As what this machine can join, best first. Asks the platform how it is: a wrong address shows early."""
        self._transport.send(health())
        if self._options.join_as is JoinAs.NATIVE:
            return ("native",)
        if find_spec("ray") is not None:
            return ("ray",) if self._options.join_as is JoinAs.RAY else ("ray", "native")
        if self._options.join_as is JoinAs.RAY:
            raise CannotJoin(
                asked="Joining the Ray cluster",
                obstacle="Ray is not installed here",
                remedy="Install our package with its extra [node], or join as a guest by --as native.",
            )
        return ("native",)

    def _register(self, kinds: tuple[Kind, ...]) -> Registered:
        registered = register(
            self._offer,
            identity=self._identity,
            options=self._options,
            kinds=kinds,
            transport=self._transport,
            voice=self._voice,
            wait=self._asked.wait,
        )
        self._identity = registered.identity
        save_identity(self._identity, self._home.identity)
        provider = registered.answer.provider
        self._voice.say(
            "registered",
            f"On the market as {provider.worker_id} ({registered.kind}), {provider.price_per_hour} QU per hour.",
            provider=str(provider.id),
            kind=registered.kind,
        )
        return registered

    def _serve(self, registered: Registered) -> None:
        usage = MachineUsage(self._offer.machine.gpus)
        self._cooling = Cooling(usage.hottest, running=self._home.running, say=self._say_soon)
        self._heart = Heart(
            home=self._home,
            transport=Transport(Connection(url=self._options.url), retries=RetryPolicy(retries=0)),
            usage=usage,
            condition=self._condition,
            on_answer=self._on_answer,
            on_refusal=self._on_refusal,
        )
        self._work = self._make_work(registered)
        try:
            self._work.start(self._identity)
            self._heart.start(self._identity, period=registered.answer.heartbeat_seconds)
            self._voice.say("online", "Jobs are taken. SIGTERM or Ctrl-C leaves in order.")
            self._asked.interrupts = False
            self._look_after(registered.kind)
            self._leave()
        finally:
            self._heart.stop()
            self._work.stop()
            usage.close()
            self._home.state.unlink(missing_ok=True)
        if self._refused is not None:
            raise self._refused

    def _make_work(self, registered: Registered) -> Work:
        if registered.kind == "native":
            return MailboxWork(make_context(url=self._options.url, home=self._home))
        return NodeWork(
            _ray_of(registered.answer),
            make_node=self._make_node,
            rejoin=lambda: _ray_of(self._register(("ray",)).answer),
            on_change=self._heart.beat_soon,
            voice=self._voice,
        )

    def _make_node(self, ray: RayJoin) -> ClusterNode:
        require_fitting(ray)
        spec = node_spec(
            ray,
            home=self._home,
            url=self._options.url,
            worker_id=self._identity.worker_id,
            offer=self._offer,
            region=self._options.region,
            node_ip=self._options.node_ip,
        )
        require_reached(spec, ask_head=self._ask_head)
        return ClusterNode(home=self._home, spec=spec, token=ray.token, voice=self._voice)

    def _ask_head(self, request: ReachRequest) -> ReachAnswer:
        identity = self._identity
        return self._transport.send(
            calls.reach(request, worker_id=identity.worker_id, token=identity.worker_token or "")
        )

    def _look_after(self, kind: Kind) -> None:
        next_state = 0.0
        while not self._asked.wait(LOOK_SECONDS) and self._refused is None:
            # Mending can take minutes, and with nothing to run there is nothing to leave in order.
            self._asked.interrupts = not self._work.is_ready
            self._work.look()
            self._asked.interrupts = False
            self._cooling.look(now=time.monotonic())
            if self._unknown.is_set():
                self._unknown.clear()
                self._register((kind,))
                self._heart.start(self._identity, period=5)
            if time.monotonic() >= next_state:
                next_state = time.monotonic() + STATE_SECONDS
                self._write_state(kind)

    def _leave(self) -> None:
        if self._refused is not None:
            hand_over(self._home.running)
            return
        # A killed agent's successor goes on in its place; one that left in order begins anew.
        self._identity = end_session(self._identity, self._home.identity)
        if self._is_sent_away:
            # Whoever watches over this process is not to start it again: it would be on the market again.
            self._home.sent_away.touch()
        running = len(running_attempts(self._home.running))
        what = (
            f"{running} jobs finish first, for at most {self._options.drain_seconds:.0f} s"
            if running
            else "nothing runs"
        )
        self._voice.say("draining", f"Leaving: no new work is taken, {what}.", running=running)
        self._status = ReportedStatus.DRAINING
        self._heart.beat_soon()
        idle = wait_until_idle(
            self._home.running,
            deadline=time.monotonic() + self._options.drain_seconds,
            is_heard=lambda: self._heart.acknowledged is not ProviderStatus.ONLINE,
            at_once=lambda: self._asked.at_once,
        )
        if not idle:
            count = hand_over(self._home.running)
            self._voice.say("handed_over", f"{count} jobs were handed over to other machines.", count=count)
        self._status = ReportedStatus.OFFLINE
        self._heart.stop()
        goodbye = threading.Thread(target=self._heart.beat, name="goodbye", daemon=True)
        goodbye.start()
        goodbye.join(GOODBYE_SECONDS)
        self._voice.say("left", "Off the market.")

    def _say_soon(self, event: str, sentence: str) -> None:
        self._voice.say(event, sentence)
        self._heart.beat_soon()

    def _condition(self) -> Condition:
        ready = (self._work.is_ready and not self._cooling.is_hot) or self._status is not ReportedStatus.ONLINE
        return Condition(self._status if ready else ReportedStatus.OFFLINE, self._work.node_id)

    def _on_answer(self, answer: HeartbeatAnswer) -> None:
        for attempt_id in answer.cancel_attempts:
            order(self._home.running, attempt_id, Stop.CANCELLED)
        if answer.status is ProviderStatus.DRAINING and not self._asked.is_asked:
            self._voice.say("asked_to_leave", "The machine's owner has it take no more work.")
            self._is_sent_away = True
            self._asked.ask()
        if self._status is ReportedStatus.ONLINE and not self._cooling.is_hot:
            self._work.take(answer.pending_jobs)

    def _on_refusal(self, refused: QubixError) -> None:
        """The platform may have lost its memory of us; anything else that it says is final."""
        if isinstance(refused, NotFound) and not self._unknown.is_set():
            self._unknown.set()
        else:
            self._refused = refused

    def _write_state(self, kind: Kind) -> None:
        heard = self._heart.heard_at
        state = AgentState(
            worker_id=self._identity.worker_id,
            url=self._options.url,
            kind=kind,
            status=str(self._condition().status),
            ray_node_id=self._work.node_id,
            attempts=tuple(str(attempt.attempt_id) for attempt in running_attempts(self._home.running)),
            heard_at=heard.isoformat() if heard else None,
            problem=self._heart.problem,
            simulated=self._offer.machine.simulated,
        )
        write_state(state, self._home.state)


def _ray_of(answer: QuickRegistered) -> RayJoin:
    if answer.ray is None:
        raise CannotJoin(
            asked="Joining the Ray cluster",
            obstacle="the platform did not name one: it runs without Ray",
            remedy="Join as a guest by --as native.",
        )
    return answer.ray
