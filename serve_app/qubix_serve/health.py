"""How each part of the platform is."""

import asyncio
import platform
from importlib.metadata import version
from typing import Any, Final, Literal

import ray
import structlog

from qubix.errors import QubixError
from qubix.schemas.platform import Health, PartHealth, Versions
from qubix_actors.names import CHAIN_NAME, NAMESPACE, SCHEDULER_NAME
from qubix_platform.database.session import Database
from qubix_platform.health.service import describe_database
from qubix_platform.qubic.rpc import QubicRpc
from qubix_serve.context import AppContext

log = structlog.get_logger(__name__)

State = Literal["ok", "degraded", "down", "unknown"]
_ANSWER_WITHIN_S: Final = 2.0


async def health(context: AppContext) -> Health:
    """Ask every part, each with a time limit. What this replica itself needs makes it `down`, the rest `degraded`."""
    database, scheduler, chain, payments = await asyncio.gather(
        _database(context.database),
        _actor(SCHEDULER_NAME),
        _chain(context.chain),
        _actor(CHAIN_NAME, shown_as="payments"),
    )
    events = PartHealth(
        name="events",
        state="ok" if context.listener.cursor is not None else "down",
        detail=f"at {context.listener.cursor}",
    )
    parts = [PartHealth(name="api", state="ok", detail="answers"), database, events, scheduler, chain, payments]
    worst: Literal["ok", "degraded", "down"] = "ok"
    for part in parts:
        if part.state == "down" and part.name == "database":
            worst = "down"
        elif part.state != "ok" and worst == "ok":
            worst = "degraded"
    return Health(status=worst, mode=context.settings.mode, parts=parts, versions=versions())


def versions() -> Versions:
    """What runs here."""
    return Versions(qubix=version("qubix"), ray=ray.__version__, python=platform.python_version())


async def _database(database: Database) -> PartHealth:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S), database.transaction() as session:
            detail = await describe_database(session)
    except (QubixError, TimeoutError) as error:
        return PartHealth(name="database", state="down", detail=_reason(error))
    return PartHealth(name="database", state="ok", detail=detail)


async def _actor(name: str, *, shown_as: str | None = None) -> PartHealth:
    shown = shown_as or name
    if not ray.is_initialized():
        return PartHealth(name=shown, state="unknown", detail="this API runs without Ray")
    try:
        answer = await asyncio.wait_for(_ask(name), timeout=_ANSWER_WITHIN_S)
    except (ValueError, TimeoutError, ray.exceptions.RayError) as error:
        return PartHealth(name=shown, state="down", detail=_reason(error))
    state: State = "ok" if answer.get("state") == "ok" else "degraded"
    return PartHealth(name=shown, state=state, detail=str(answer.get("detail", "")))


async def _chain(rpc: QubicRpc | None) -> PartHealth:
    if rpc is None:
        return PartHealth(name="chain", state="ok", detail="none: nothing is settled on a chain")
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            info = await rpc.tick_info()
    except (QubixError, TimeoutError) as error:
        return PartHealth(name="chain", state="down", detail=_reason(error))
    name = "Qubic" if info.name is None else f"{info.name}, play money"
    return PartHealth(name="chain", state="ok", detail=f"{name}: tick {info.tick} of epoch {info.epoch}")


async def _ask(name: str) -> dict[str, object]:
    actor = await asyncio.to_thread(_find, name)
    answer: dict[str, object] = await actor.health.remote()
    return answer


def _find(name: str) -> Any:
    return ray.get_actor(name, namespace=NAMESPACE)


def _reason(error: Exception) -> str:
    return (
        f"no answer within {_ANSWER_WITHIN_S:.0f} s" if isinstance(error, TimeoutError) else str(error).split("\n")[0]
    )
