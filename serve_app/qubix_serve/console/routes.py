"""The console's pages and files. Every address below `/app` is one page, which shows what the rest of it names."""

import asyncio
from typing import Final

from fastapi import APIRouter, Request, Response

from qubix.errors import NotFound, Unavailable
from qubix_serve.console.files import ASSETS, BUILT, INDEX, BuiltFile, find
from qubix_serve.console.policy import headers
from qubix_serve.dependencies import Context

# After every other router: its last route takes any name at the top.
router = APIRouter(include_in_schema=False)

_ROBOTS: Final = "User-agent: *\nAllow: /$\nDisallow: /api/\nDisallow: /app/\n"
# Browsers ask for the first unbidden.
_ICON: Final = {"favicon.ico": "favicon.svg"}
_READS: Final = ["GET", "HEAD"]


class ConsoleNotBuilt(Unavailable):
    """The platform runs from a checkout in which nobody built the console."""

    code = "console_not_built"


@router.api_route("/", methods=_READS)
@router.api_route("/app", methods=_READS)
@router.api_route("/app/{_place:path}", methods=_READS)
async def page(request: Request, context: Context) -> Response:
    """The console.

    Raises:
        ConsoleNotBuilt: it is not there.
    """
    found = _find(request, INDEX)
    if found is None:
        raise ConsoleNotBuilt(
            asked="Opening the console",
            obstacle="it is not built in this checkout",
            remedy="Run `make console` there; the API itself is described at /docs.",
        )
    return await _answer(request, found, extra=headers(context.settings))


@router.api_route("/robots.txt", methods=_READS)
async def robots() -> Response:
    """What search engines may read: the landing page."""
    return Response(_ROBOTS, media_type="text/plain", headers={"Cache-Control": "public, max-age=3600"})


@router.api_route(f"/{ASSETS}/{{name:path}}", methods=_READS)
async def asset(request: Request, name: str) -> Response:
    """A file with its content's hash in its name."""
    return await _file(request, f"{ASSETS}/{name}")


@router.api_route("/{name}", methods=_READS)
async def top_file(request: Request, name: str) -> Response:
    """A file at the top of the build: icons and the like."""
    return await _file(request, _ICON.get(name, name))


async def _file(request: Request, name: str) -> Response:
    found = None if name == INDEX else _find(request, name)
    if found is None:
        raise NotFound(
            asked=f"{request.method} {request.url.path}",
            obstacle="there is no such route, and no such file of the console",
            remedy="See /docs for what there is.",
        )
    return await _answer(request, found, extra={})


def _find(request: Request, name: str) -> BuiltFile | None:
    return find(BUILT, name, accept_encoding=request.headers.get("accept-encoding", ""))


async def _answer(request: Request, file: BuiltFile, *, extra: dict[str, str]) -> Response:
    etag = file.etag
    sent = extra | {"Cache-Control": file.cache_control, "ETag": etag, "Vary": "Accept-Encoding"}
    if etag in (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=sent)
    if file.encoding is not None:
        sent["Content-Encoding"] = file.encoding
    body = await asyncio.to_thread(file.path.read_bytes)
    return Response(body, media_type=file.media_type, headers=sent)
