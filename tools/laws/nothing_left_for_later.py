"""What is in the repository is finished: there is no note to a later self."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source

_SUFFIXES = frozenset({".py", ".ts", ".tsx", ".sh", ".toml", ".yaml", ".yml", ".sql", ""})
_MARKS = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
_LATER = re.compile(rf"\b({_MARKS})\b")


def _applies(path: PurePosixPath) -> bool:
    return path.suffix in _SUFFIXES


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for line, text in enumerate(source.text.splitlines(), start=1):
        if _LATER.search(text):
            yield line, "something is left for later: finish it, or open an issue and delete the note"


LAW = Law("nothing-left-for-later", _applies, _find)
