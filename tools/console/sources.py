"""What the console is built from, and whether the build that is there was made of it."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
UI: Final = ROOT / "ui"
PROOF: Final = ROOT / "tests" / "console"
"""Where the packages are named that judge the console's pages."""
BUILT: Final = ROOT / "serve_app" / "qubix_serve" / "console" / "static"
STAMP: Final = ".stamp"

_HERE: Final = Path(__file__).parent
COMPRESS: Final = _HERE / "compress.mjs"
NODE_LOCK: Final = _HERE / "node-requirements.lock"
_NOT_SOURCES: Final = frozenset({"node_modules", "dist", "screenshots"})
_TESTS: Final = (".test.ts", ".test.tsx")


def is_stale() -> bool:
    """Whether there is no build of the sources as they are."""
    stamp = BUILT / STAMP
    return not (BUILT / "index.html").is_file() or not stamp.is_file() or stamp.read_text() != digest()


def digest() -> str:
    """Another one whenever a build would be."""
    files = [*_below(UI), COMPRESS, NODE_LOCK]
    return digest_of(*files)


def digest_of(*files: Path) -> str:
    """Of the names and contents of files of the checkout."""
    found = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        found.update(f"{file.relative_to(ROOT).as_posix()}\0{len(content)}\0".encode())
        found.update(content)
    return found.hexdigest()


def _below(folder: Path) -> Iterator[Path]:
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _NOT_SOURCES and not name.startswith("."))
        yield from (
            Path(path) / name for name in sorted(names) if not name.startswith(".") and not name.endswith(_TESTS)
        )
