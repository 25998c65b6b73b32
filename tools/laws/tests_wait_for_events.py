"""A test waits for what it expects, with a deadline; it never sleeps and hopes."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import calls, full_name, imported_as, is_python_in


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, {"tests"})


def _find(source: Source) -> Iterator[tuple[int, str]]:
    names = imported_as(source.tree)
    for call in calls(source.tree):
        name = full_name(call.func, names)
        if name in {"time.sleep", "asyncio.sleep", "anyio.sleep"}:
            yield call.lineno, f"{name}() in a test: wait for the event itself, with a deadline"


LAW = Law("tests-wait-for-events", _applies, _find)
