"""What a page of the console may load, and who may show it."""

from typing import Final
from urllib.parse import urlsplit

from qubix_serve.settings import ServeSettings

_WALLETCONNECT_RELAY: Final = "wss://relay.walletconnect.org"


def headers(settings: ServeSettings) -> dict[str, str]:
    """The security headers of the console's pages; every answer's own are added to them.

    Scripts, styles and connections are the platform's alone. No inline script or style runs: what React sets on an
    element is neither.
    """
    connect = "'self'"
    if settings.walletconnect_project_id is not None:
        connect += f" {_WALLETCONNECT_RELAY}"
    sources = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",  # Cloudscape's stylesheet holds its font
        "connect-src": connect,
        "worker-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    chosen = {
        "Content-Security-Policy": "; ".join(f"{kind} {allowed}" for kind, allowed in sources.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if urlsplit(settings.public_url).scheme == "https":
        chosen["Strict-Transport-Security"] = "max-age=31536000"
    return chosen
