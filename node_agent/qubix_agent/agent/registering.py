"""Getting onto the market: with which token, and as what."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from qubix.errors import Conflict, NotAllowed, NotAuthenticated, QubixError
from qubix.schemas.providers import QuickRegistered
from qubix.transport import Transport
from qubix_agent.agent import calls
from qubix_agent.agent.errors import NotInvited
from qubix_agent.agent.identity import Identity
from qubix_agent.agent.offer import Offer, registration
from qubix_agent.agent.options import JoinOptions
from qubix_agent.agent.voice import Voice

Kind = Literal["ray", "native"]

PATIENCE_SECONDS: Final = 30.0
"""How long to wait for a predecessor of ours, which was killed, to count as gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A machine that is on the market."""

    identity: Identity
    answer: QuickRegistered
    kind: Kind


def register(
    offer: Offer,
    *,
    identity: Identity,
    options: JoinOptions,
    kinds: tuple[Kind, ...],
    transport: Transport,
    voice: Voice,
    wait: Callable[[float], object] = time.sleep,
) -> Registered:
    """Register as the first of these kinds that the platform allows.

    Raises:
        NotInvited: there is no token, or none that the platform takes.
        QubixError: what else the platform says.
    """
    for kind in kinds[:-1]:
        try:
            return _register(offer, identity=identity, options=options, kind=kind, transport=transport, wait=wait)
        except NotAllowed as refused:
            voice.warn("join_other", f"Not as {kind}: {refused.obstacle}. Joining as {kinds[-1]}.", kind=kind)
    return _register(offer, identity=identity, options=options, kind=kinds[-1], transport=transport, wait=wait)


def _register(
    offer: Offer,
    *,
    identity: Identity,
    options: JoinOptions,
    kind: Kind,
    transport: Transport,
    wait: Callable[[float], object],
) -> Registered:
    request = registration(offer, identity=identity, options=options, kind=kind)
    refused: QubixError | None = None
    for token in _tokens(identity, options):
        try:
            answer = _patiently(lambda token=token: transport.send(calls.register(request, token=token)), wait)  # type: ignore[misc]
        except (NotAuthenticated, NotAllowed) as error:
            refused = refused or error
            continue
        known = replace(identity, url=options.url, worker_token=answer.worker_token or token)
        return Registered(identity=known, answer=answer, kind=kind)
    if isinstance(refused, NotAllowed):
        raise refused
    raise NotInvited(
        asked=f"Joining {options.url} as {identity.worker_id}",
        obstacle=refused.obstacle if refused else "this machine has not joined it before, and no join token was given",
        remedy="Make a join token on the platform's page for providers, and join with --token.",
    )


def _tokens(identity: Identity, options: JoinOptions) -> Iterator[str]:
    """What to try, in this order: a fresh invitation may bring more rights than the machine had."""
    if options.token:
        yield options.token
    if known := identity.token_for(options.url):
        yield known


def _patiently(send: Callable[[], QuickRegistered], wait: Callable[[float], object]) -> QuickRegistered:
    """Send, again after the time that the platform names while it believes that a killed predecessor still lives."""
    left = PATIENCE_SECONDS
    while True:
        try:
            return send()
        except Conflict as busy:
            seconds = busy.details.get("retryAfterSeconds")
            if not isinstance(seconds, int | float) or seconds > left:
                raise
            left -= max(float(seconds), 1.0)
            wait(max(float(seconds), 1.0))
