"""Building the console: only when it is stale, and whole or not at all."""

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tools.console.node import environment, install_packages, npm, prepare, run, say
from tools.console.sources import BUILT, COMPRESS, STAMP, UI, digest, is_stale

_LOCK: Final = BUILT.with_name("static.lock")


def build(*, force: bool = False) -> bool:
    """Build the console when its sources changed since; whether it did. Broken off, it leaves the former build.

    Raises:
        ConsoleFailed: a step did not succeed.
    """
    if not force and not is_stale():
        return False
    with _alone():
        if not force and not is_stale():  # somebody else built it meanwhile
            return False
        began = time.monotonic()
        node = prepare()
        install_packages(node)
        say("building")
        made_of = digest()
        fresh = BUILT.with_name("static.new")
        shutil.rmtree(fresh, ignore_errors=True)
        _make(node, fresh)
        (fresh / STAMP).write_text(made_of)
        _put_in_place(fresh)
        say(f"ready after {time.monotonic() - began:.0f} s")
    return True


def _make(node: Path, folder: Path) -> None:
    surroundings = environment(node)
    bundling = npm(
        node, ["run", "--silent", "build", "--", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "error"]
    )
    run(bundling, what="Vite could not build the console", folder=UI, environment=surroundings)
    say("compressing")
    compressing = [str(node / "bin" / "node"), str(COMPRESS), str(folder)]
    run(compressing, what="the console's files could not be compressed", environment=surroundings)


def _put_in_place(fresh: Path) -> None:
    former = BUILT.with_name("static.old")
    shutil.rmtree(former, ignore_errors=True)
    if BUILT.exists():
        BUILT.rename(former)
    fresh.rename(BUILT)
    shutil.rmtree(former, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[None]:
    with _LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build of this checkout")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
