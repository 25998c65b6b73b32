"""The calls of an agent, signed with a join token first and with the worker token from then on."""

from typing import Final

from pydantic import TypeAdapter

from qubix.calls import Call, Reply, one
from qubix.schemas.attempts import MailboxEntry
from qubix.schemas.base import RequestModel
from qubix.schemas.providers import (
    Heartbeat,
    HeartbeatAnswer,
    QuickRegister,
    QuickRegistered,
    ReachAnswer,
    ReachRequest,
)

_ENTRIES: Final = TypeAdapter(list[MailboxEntry])


def register(request: QuickRegister, *, token: str) -> Call[QuickRegistered]:
    """Put the machine onto the market, or bring its record up to date."""
    return Call(
        asked=f"Registering this machine as {request.worker_id}",
        method="POST",
        path="/api/providers/quick-register",
        parse=one(QuickRegistered),
        headers=_headers(token),
        body=_body(request),
        repeatable=True,
    )


def heartbeat(beat: Heartbeat, *, worker_id: str, token: str) -> Call[HeartbeatAnswer]:
    """Say that the machine lives."""
    return Call(
        asked="Reporting that this machine lives",
        method="POST",
        path=f"/api/providers/{worker_id}/heartbeat",
        parse=one(HeartbeatAnswer),
        headers=_headers(token),
        body=_body(beat),
        repeatable=True,
    )


def reach(request: ReachRequest, *, worker_id: str, token: str) -> Call[ReachAnswer]:
    """Have the head try to reach this machine."""
    return Call(
        asked="Asking the head whether it can reach this machine",
        method="POST",
        path=f"/api/providers/{worker_id}/reach",
        parse=one(ReachAnswer),
        headers=_headers(token),
        body=_body(request),
        repeatable=True,
    )


def pending(*, worker_id: str, token: str) -> Call[list[MailboxEntry]]:
    """What waits for this machine."""
    return Call(
        asked="Asking for work",
        method="GET",
        path=f"/api/jobs/pending/{worker_id}",
        parse=_entries,
        headers=_headers(token),
    )


def _entries(reply: Reply) -> list[MailboxEntry]:
    return _ENTRIES.validate_json(reply.body)


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


def _body(request: RequestModel) -> bytes:
    return request.model_dump_json(by_alias=True, exclude_defaults=True).encode()
