"""Every refusal explains itself: what the server raises is a QubixError, which says what would change the answer."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import ROOMS, dotted, is_migration, is_python_in

_MUTE = frozenset({"Exception", "BaseException", "HTTPException", "RuntimeError", "NotImplementedError"})


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, ROOMS) and not is_migration(path)


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Raise) or node.exc is None:
            continue
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        name = dotted(raised).rsplit(".", 1)[-1]
        if name in _MUTE:
            yield (
                node.lineno,
                f"{name} does not explain itself: raise a QubixError with what was asked, the obstacle and the remedy",
            )


LAW = Law("refusals-explain-themselves", _applies, _find)
