"""The devnet's HTTP interface: a node's and an archive's routes, and those that only a devnet has."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qubix_platform.qubic.devnet import control, live, query, wire
from qubix_platform.qubic.devnet.faults import Fault
from qubix_platform.qubic.devnet.node import Devnet

HEADER: Final = "X-Qubic-Network"
HEADER_VALUE: Final = "devnet"

_OF_THE_CHAIN: Final = ("/live/", "/query/")


log = logging.getLogger(__name__)


def build(devnet: Devnet, *, on_broken_clock: Callable[[], None]) -> Starlette:
    """The application of one devnet; its clock runs while the application does.

    Args:
        devnet: which.
        on_broken_clock: called when no tick can come any more, as when the disk is full.
    """

    def look_at(clock: asyncio.Task[None]) -> None:
        if not clock.cancelled():
            log.critical("the devnet's clock broke", exc_info=clock.exception())
            on_broken_clock()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        clock = asyncio.create_task(devnet.run_clock())
        clock.add_done_callback(look_at)
        try:
            yield
        finally:
            clock.cancel()
            await asyncio.wait([clock])
            devnet.close()

    app = Starlette(
        routes=[*live.ROUTES, *query.ROUTES, *control.ROUTES],
        lifespan=lifespan,
        middleware=[Middleware(_Named), Middleware(_Unwell, devnet=devnet)],
        exception_handlers={Exception: _accident},
    )
    app.state.devnet = devnet
    return app


async def _accident(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return wire.failure(wire.INTERNAL, "internal error")


class _Named:
    """Says in every answer that this is a devnet."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = HEADER_VALUE
            await send(message)

        await self._app(scope, receive, send_named)


class _Unwell:
    """Answers 500 in the chain's place when the faults say so."""

    def __init__(self, app: ASGIApp, *, devnet: Devnet) -> None:
        self._app = app
        self._devnet = devnet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith(_OF_THE_CHAIN) and self._devnet.misfortune.strikes(Fault.SERVER_ERROR, subject=path):
            await wire.failure(wire.INTERNAL, "internal error")(scope, receive, send)
            return
        await self._app(scope, receive, send)
