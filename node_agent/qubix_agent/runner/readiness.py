"""Waiting, with everything ready, until the platform says that an attempt may begin."""

import threading
from collections.abc import Callable
from typing import Any, Final

from qubix.calls import Call
from qubix.schemas.attempts import AttemptSpec, ReadyAnswer
from qubix.schemas.checkpoints import RestorableCheckpoint
from qubix_agent.runner import calls
from qubix_agent.runner.delivery import NO_LONGER_OURS
from qubix_agent.runner.stop import Stop

ASK_SECONDS: Final = 0.25
"""Between two questions. Whoever stands by has to go on within two seconds of the loss of the first."""


class Unwanted(Exception):
    """The attempt was told to stop while it waited."""


def await_go(
    spec: AttemptSpec,
    *,
    send: Callable[[Call[Any]], Any],
    stage_next: Callable[[list[RestorableCheckpoint]], bool],
    order: Callable[[Stop], None],
    say: Callable[[str], None],
    unwanted: threading.Event,
) -> AttemptSpec:
    """Ask until the attempt may begin, and fetch meanwhile what it will go on from.

    Args:
        spec: of an attempt that waits.
        send: sends a call until it is answered.
        stage_next: fetches one more part of the newest of these checkpoints; False where there is none to fetch.
        order: takes the order to stop.
        say: takes a line for the job's log.
        unwanted: set when the attempt was told to stop.

    Returns:
        What there is to run now.

    Raises:
        Unwanted: it is to stop.
        QubixError: the platform is away for good.
    """
    while not unwanted.is_set():
        try:
            answer: ReadyAnswer = send(calls.ready(spec))
        except NO_LONGER_OURS:
            order(Stop.LEASE_LOST)
            raise Unwanted from None
        if answer.cancel:
            order(Stop.CANCELLED)
            raise Unwanted
        if answer.go and answer.spec is not None:
            if spec.world_size == 1:
                say("Taking over: this machine stood by for the job.")
            return answer.spec
        if not stage_next(answer.checkpoints):
            unwanted.wait(ASK_SECONDS)
    raise Unwanted
