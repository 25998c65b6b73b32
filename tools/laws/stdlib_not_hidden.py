"""`platform/` is a folder, never a package: an `__init__.py` there would hide the standard library's `platform`."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source


def _applies(path: PurePosixPath) -> bool:
    return str(path) == "platform/__init__.py"


def _find(_: Source) -> Iterator[tuple[int, str]]:
    yield 1, "this file hides the standard library's platform module: delete it"


LAW = Law("stdlib-not-hidden", _applies, _find)
