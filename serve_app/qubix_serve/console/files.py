"""A build's files: which there are, in which encoding a browser gets each, and for how long it may keep it."""

import mimetypes
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

BUILT: Final = Path(__file__).with_name("static")
"""Where the build is, in a checkout and in the wheel."""

INDEX: Final = "index.html"
ASSETS: Final = "assets"
"""The folder whose files have their content's hash in their names."""

# Best first: how the build's files were compressed, and what is added to a compressed file's name.
_ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}
_TYPES: Final = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2"}
_TEXT: Final = ("text/", "image/svg+xml", "application/json", "application/manifest+json")

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_FOR_AN_HOUR: Final = "public, max-age=3600"
_ASK_EACH_TIME: Final = "no-cache"


@dataclass(frozen=True, kw_only=True)
class BuiltFile:
    """A file of the build in one encoding.

    Attributes:
        path: of its bytes.
        media_type: of what they decode to.
        encoding: how they are compressed; none where they are not.
        cache_control: for how long a browser may use them without asking again.
    """

    path: Path
    media_type: str
    encoding: str | None
    cache_control: str

    @property
    def etag(self) -> str:
        """Another one for each build and encoding."""
        facts = self.path.stat()
        return f'"{facts.st_mtime_ns:x}-{facts.st_size:x}{self.encoding or ""}"'


def is_built() -> bool:
    """Whether there is a console to serve."""
    return (BUILT / INDEX).is_file()


def find(root: Path, name: str, *, accept_encoding: str) -> BuiltFile | None:
    """A file of a build, in the best encoding of those that there are and the browser takes.

    Args:
        root: the build's folder.
        name: of the file in it, with `/` between folders.
        accept_encoding: the browser's header.
    """
    relative = PurePosixPath(name)
    if not name or relative.is_absolute() or any(part.startswith(".") for part in relative.parts):
        return None
    path = root / relative
    if not path.is_file():
        return None
    taken = accepted(accept_encoding)
    compressed = ((encoding, path.with_name(path.name + suffix)) for encoding, suffix in _ENCODINGS.items())
    encoding, chosen = next(
        ((encoding, file) for encoding, file in compressed if encoding in taken and file.is_file()), (None, path)
    )
    return BuiltFile(
        path=chosen, media_type=_media_type(relative), encoding=encoding, cache_control=_cache_control(relative)
    )


def accepted(header: str) -> frozenset[str]:
    """The encodings that an Accept-Encoding header allows. Pure."""
    found = set()
    for item in header.lower().split(","):
        name, _, parameters = item.partition(";")
        weight = parameters.strip().removeprefix("q=")
        if weight.strip("0.") or not parameters:
            found.add(name.strip())
    return frozenset(found)


def _media_type(name: PurePosixPath) -> str:
    found = _TYPES.get(name.suffix) or mimetypes.guess_type(name.name)[0] or "application/octet-stream"
    return f"{found}; charset=utf-8" if found.startswith(_TEXT) else found


def _cache_control(name: PurePosixPath) -> str:
    if name.parts[0] == ASSETS:
        return _FOR_EVER
    return _ASK_EACH_TIME if name.suffix == ".html" else _FOR_AN_HOUR
