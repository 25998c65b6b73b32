"""The routes that no real chain has: a faucet, faults on request, the clock in one's own hands."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qubix.errors import InvalidRequest, QubixError, Unavailable
from qubix.qubic import identity
from qubix_platform.qubic.devnet import wire
from qubix_platform.qubic.devnet.faults import FaultPlan, known_fault
from qubix_platform.qubic.devnet.node import SHORTEST_TICK_MS, Devnet

_MOST_TICKS_AT_ONCE: Final = 10_000
_LONGEST_WAIT_SECONDS: Final = 60

Action = Callable[[Devnet, dict[str, Any]], Awaitable[dict[str, Any]]]


async def state(devnet: Devnet, _: dict[str, Any]) -> dict[str, Any]:
    """What the devnet is like now."""
    return devnet.facts()


async def faucet(devnet: Devnet, body: dict[str, Any]) -> dict[str, Any]:
    """Pay an identity from the faucet; `tick` is when."""
    amount = _number(body, "amount", least=1)
    paid = devnet.pay_from_faucet(identity.decode(str(body.get("identity", ""))), amount)
    return {"transactionId": paid.id(), "tick": paid.tick}


async def show_faults(devnet: Devnet, _: dict[str, Any]) -> dict[str, Any]:
    """How the devnet misbehaves."""
    return devnet.misfortune.plan.to_json()


async def plan_faults(devnet: Devnet, body: dict[str, Any]) -> dict[str, Any]:
    """Have it misbehave in another way from now on."""
    devnet.follow(FaultPlan.from_json(body))
    return devnet.misfortune.plan.to_json()


async def order_fault(devnet: Devnet, body: dict[str, Any]) -> dict[str, Any]:
    """Have one fault happen on its next occasions."""
    fault, times = known_fault(body.get("fault")), _number(body, "times", least=1, default=1)
    devnet.misfortune.order(fault, times=times)
    return {"fault": fault, "times": times}


async def pass_ticks(devnet: Devnet, body: dict[str, Any]) -> dict[str, Any]:
    """Let ticks pass at once."""
    await devnet.advance(_number(body, "count", least=1, most=_MOST_TICKS_AT_ONCE, default=1))
    return devnet.facts()


async def begin_epoch(devnet: Devnet, body: dict[str, Any]) -> dict[str, Any]:
    """Begin the next epoch, with skipped ticks before it."""
    await devnet.begin_epoch(skipped=_number(body, "skipped", least=1, default=1000))
    return devnet.facts()


async def set_clock(devnet: Devnet, body: dict[str, Any]) -> dict[str, Any]:
    """Let ticks come faster or more slowly; 0 stops the clock until it is set again."""
    tick_ms = _number(body, "tickMs", least=0, most=60_000)
    if 0 < tick_ms < SHORTEST_TICK_MS:
        raise _unusable(f"tickMs is less than {SHORTEST_TICK_MS}")
    devnet.set_clock(tick_ms)
    return devnet.facts()


async def wait(devnet: Devnet, body: dict[str, Any]) -> dict[str, Any]:
    """Answer when the chain has come to a tick, or with `processed` when its archive has."""
    tick = _number(body, "tick", least=0)
    seconds = _number(body, "seconds", least=0, most=_LONGEST_WAIT_SECONDS, default=10)
    try:
        async with asyncio.timeout(seconds):
            await devnet.reached(tick, processed=body.get("processed") is True)
    except TimeoutError:
        raise Unavailable(
            asked=f"Waiting for tick {tick} of the devnet",
            obstacle=f"after {seconds} s it is at tick {devnet.chain.tick}",
            remedy="Wait longer, or see whether its clock runs.",
        ) from None
    return devnet.facts()


def _number(body: dict[str, Any], name: str, *, least: int, most: int = 10**15, default: int | None = None) -> int:
    value = body.get(name, default)
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value
    if type(number) is not int or not least <= number <= most:
        raise _unusable(f"{name} is not a whole number from {least} to {most}")
    return number


def _unusable(obstacle: str) -> InvalidRequest:
    return InvalidRequest(asked="Controlling the devnet", obstacle=obstacle, remedy="Send another value.")


def _route(method: str, path: str, action: Action) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            body = {} if method == "GET" else await wire.body(request)
            return JSONResponse(await action(request.app.state.devnet, body))
        except wire.BadBody:
            error: QubixError = _unusable("the body is no JSON object")
        except QubixError as refusal:
            error = refusal
        return JSONResponse(error.to_wire(), status_code=error.status)

    return Route(f"/devnet/v1/{path}", endpoint, methods=[method])


ROUTES: Final = [
    _route("GET", "state", state),
    _route("POST", "faucet", faucet),
    _route("GET", "faults", show_faults),
    _route("PUT", "faults", plan_faults),
    _route("POST", "faults/next", order_fault),
    _route("POST", "ticks", pass_ticks),
    _route("POST", "epoch", begin_epoch),
    _route("PUT", "clock", set_clock),
    _route("POST", "wait", wait),
]
