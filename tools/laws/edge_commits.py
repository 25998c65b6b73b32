"""One transaction per request or task: services flush, and only the edge commits."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import SERVER_ROOMS, called_name, calls, is_python_in, is_under


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, SERVER_ROOMS) and not is_under(path, "platform/qubix_platform/database")


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for call in calls(source.tree):
        if called_name(call) == "commit":
            yield (
                call.lineno,
                "commit() outside the edge: flush, and let the session of database/session.py commit once",
            )


LAW = Law("edge-commits", _applies, _find)
