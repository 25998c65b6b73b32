"""Only the dispatcher notifies: NOTIFY inside a writing transaction serialises every commit of the database."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import SERVER_ROOMS, is_python_in, literals

_NOTIFY = re.compile(r"\bpg_notify\s*\(|(?:\A|;)\s*NOTIFY\s+\w+", re.IGNORECASE)
_PLACES = frozenset({"platform/qubix_platform/events/dispatcher.py"})


def _applies(path: PurePosixPath) -> bool:
    in_rooms = is_python_in(path, SERVER_ROOMS) or (path.suffix == ".sql" and path.parts[0] in SERVER_ROOMS)
    return in_rooms and str(path) not in _PLACES


def _find(source: Source) -> Iterator[tuple[int, str]]:
    texts = [(1, source.text)] if source.path.suffix == ".sql" else literals(source.tree)
    for line, text in texts:
        for notify in _NOTIFY.finditer(text):
            yield (
                line + text.count("\n", 0, notify.start()),
                "NOTIFY outside the dispatcher: write the event to the outbox and poke the dispatcher after the commit",
            )


LAW = Law("notify-outside-transactions", _applies, _find)
