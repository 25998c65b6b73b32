"""An id, a log line, a measurement and the security headers for each request."""

import re
import time
from typing import Final
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qubix_serve.errors import crashed
from qubix_serve.observability.metrics import Metrics

log = structlog.get_logger("qubix.requests")

_GIVEN_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_JOB_IN_PATH: Final = re.compile(r"^/api/jobs/([0-9a-f-]{36})(/|$)")
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class RequestObserver:
    """Plain ASGI middleware: cheaper than Starlette's base class, and it leaves WebSockets alone."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if (job := _JOB_IN_PATH.match(scope["path"])) is not None:
            structlog.contextvars.bind_contextvars(job_id=job[1])
        status, has_begun = 500, False
        began = time.perf_counter()

        async def send_observed(message: Message) -> None:
            nonlocal status, has_begun
            if message["type"] == "http.response.start":
                status, has_begun = message["status"], True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_observed)
        except Exception as error:
            log.error("request_crashed", path=scope["path"], exc_info=error)
            if not has_begun:
                answer = crashed(method=scope["method"], path=scope["path"], request_id=request_id)
                await answer(scope, receive, send_observed)
            raise  # for the server's own log, and for who tracks errors
        finally:
            self._record(scope, status=status, seconds=time.perf_counter() - began)

    def _record(self, scope: Scope, *, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.requests.labels(route, scope["method"], str(status)).inc()
        self._metrics.latency.labels(route, scope["method"]).observe(seconds)
        level = log.warning if status >= 500 else log.debug
        level("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _GIVEN_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid4().hex
