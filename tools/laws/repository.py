"""The files that the laws judge: what git tracks, and what it would."""

import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.laws.law import Source


def sources(root: Path) -> Iterator[Source]:
    """Every text file of the checkout that git does not ignore, by path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in sorted(set(filter(None, listed.stdout.split("\0")))):
        file = root / name
        if not file.is_file() or file.is_symlink():
            continue
        content = file.read_bytes()
        if b"\0" not in content:
            yield Source(PurePosixPath(name), content.decode("utf-8", errors="replace"))
