"""Watching a platform that is up, and starting again what dies."""

import time
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from qubix.errors import QubixError
from qubix_agent.ray_node.identity import reap_orphans
from qubix_serve.supervisor.agents import was_sent_away
from qubix_serve.supervisor.backoff import Backoff
from qubix_serve.supervisor.platform import api_answers
from qubix_serve.supervisor.ray_head import control_store_is_alive
from qubix_serve.supervisor.up import Platform

log = structlog.get_logger(__name__)

PERIOD_SECONDS: Final = 0.25
API_PERIOD_SECONDS: Final = 5.0
# Serve replaces a dead replica, proxy or controller by itself, and within seconds. Only when that fails do we deploy.
API_PATIENCE_SECONDS: Final = 30.0


class Watch:
    """Looks at every part again and again. What is dead is started again, ever more slowly while it keeps dying.

    An agent that left on its owner's word stays away until somebody has it started: the next `qubix up`, for one.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._backoff = Backoff()
        self._away: frozenset[int] = frozenset()
        self._api_answered = time.monotonic()
        self._api_asked = time.monotonic()

    def look(self) -> None:
        """Look at every part once."""
        platform = self._platform
        database_pid = platform.database.pid
        reap_orphans(except_pids={database_pid} if database_pid else ())
        if not platform.database.is_running():
            self._mend("PostgreSQL", platform.database.start)
        if platform.state.devnet is not None and not platform.state.devnet.is_alive():
            self._mend("the devnet", platform.ensure_devnet)
        head = platform.state.head
        if head is None or not head.is_alive():
            self._mend("Ray's head", platform.restart_core)
        elif not control_store_is_alive(head):
            self._mend("Ray's control store", platform.ensure_head)
        elif platform.state.deployed:
            self._look_at_api()
        self._look_at_agents()

    def _look_at_agents(self) -> None:
        platform = self._platform
        dead = [each for each in platform.state.agents if each.process is None or not each.process.is_alive()]
        away = frozenset(each.number for each in dead if was_sent_away(platform.home, each.number))
        for number in sorted(away - self._away):
            platform.progress.note(
                f"provider agent {number} left, as the machine's owner asked; `qubix up` starts it again"
            )
        self._away = away
        for record in dead:
            if record.number not in away:
                self._mend(f"provider agent {record.number}", partial(platform.start_agent, record))

    def _look_at_api(self) -> None:
        now = time.monotonic()
        if now - self._api_asked < API_PERIOD_SECONDS:
            return
        self._api_asked = now
        if api_answers(self._platform.request.local_url):
            self._api_answered = time.monotonic()
        elif now - self._api_answered > API_PATIENCE_SECONDS:
            self._mend("the API", self._platform.ensure_deployed)

    def _mend(self, part: str, start: Callable[[], None]) -> None:
        if not self._backoff.may_start(part, now=time.monotonic()):
            return
        self._platform.progress.note(f"{part} is down, starting it again")
        began = time.monotonic()
        try:
            start()
        except QubixError as error:
            self._platform.progress.note(f"{part} did not start: {error}")
            return
        except Exception as fault:
            # Whatever it is, a full disk or a mistake of ours: the parts that live are not to end with this one.
            log.exception("part_not_mended", part=part)
            self._platform.progress.note(f"{part} did not start ({type(fault).__name__}: {fault}); it is tried again")
            return
        self._platform.progress.note(f"{part} is up again after {time.monotonic() - began:.1f} s")
