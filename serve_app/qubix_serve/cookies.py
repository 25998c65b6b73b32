"""The console's session: a cookie that scripts cannot read, and that counts for pages of this platform alone."""

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from qubix.errors import NotAllowed
from qubix.wallets.places import is_on_this_machine
from qubix_serve.settings import ServeSettings

SESSION_COOKIE: Final = "qubix_session"
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ForeignPage(NotAllowed):
    """A page of somebody else's used the session that a browser keeps for this platform."""

    code = "foreign_page"


def keep_session(response: Response, token: str, *, expires_at: datetime, settings: ServeSettings) -> None:
    """Have the browser keep a session, and show it to this platform alone."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        expires=expires_at,
        httponly=True,
        samesite="strict",
        secure=_is_encrypted(settings),
    )


def forget_session(response: Response, *, settings: ServeSettings) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="strict", secure=_is_encrypted(settings))


def kept_session(connection: HTTPConnection, *, settings: ServeSettings) -> str | None:
    """The token of the browser's session, None where it keeps none.

    Whatever changes something has to come from a page of ours, as has a WebSocket: SameSite alone would let in other
    ports and names of the same site.

    Raises:
        ForeignPage: it does not.
    """
    token = connection.cookies.get(SESSION_COOKIE)
    if not token:
        return None
    origin = connection.headers.get("origin")
    is_socket = connection.scope["type"] == "websocket"
    reads_only = not is_socket and connection.scope["method"] in _READS
    if reads_only and origin is None:
        return token
    require_own_page(origin, host=connection.headers.get("host", ""), settings=settings)
    return token


def require_own_page(origin: str | None, *, host: str, settings: ServeSettings) -> None:
    """Refuse what comes from a page of somebody else's.

    Raises:
        ForeignPage: it does, or from no page that the browser names.
    """
    if origin is None or not is_own_page(origin, host=host, settings=settings):
        raise ForeignPage(
            asked="Using the session that your browser keeps",
            obstacle=f"the request comes from {origin or 'no page that the browser names'}",
            remedy=f"Open {settings.public_url}; programs send a token as 'Authorization: Bearer …' instead.",
        )


def is_own_page(origin: str, *, host: str, settings: ServeSettings) -> bool:
    """Whether a page of this origin is one of ours: of the public address, or of the machine that it is opened on."""
    try:
        page, ours = urlsplit(origin), urlsplit(settings.public_url)
        if (page.scheme, page.netloc.lower()) == (ours.scheme, ours.netloc.lower()):
            return True
        return page.netloc == host and is_on_this_machine(page)
    except ValueError:
        return False


def _is_encrypted(settings: ServeSettings) -> bool:
    return urlsplit(settings.public_url).scheme == "https"
