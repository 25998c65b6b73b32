"""Answers that break off: what a client sees of a network that fails in the middle."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class BrokenOff(Response):
    """An answer whose connection closes before it is complete, so that the client knows nothing."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Begin an answer and leave it at that; the server then closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


async def silence(request: Request) -> BrokenOff:
    """Say nothing until the client gives up. The request's body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return BrokenOff()
