"""Decisions are pure: placement, pricing and state rules take time and chance as arguments and touch nothing else."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import calls, full_name, imported_as, imports, is_module, is_python_in, is_under

_DECIDES = frozenset(
    {
        "billing.py",
        "decide.py",
        "estimate.py",
        "lifecycle.py",
        "settlement.py",
        "states.py",
    }
)
_DECIDING_NOUNS = ("platform/qubix_platform/placement", "platform/qubix_platform/pricing")
_EDGES_OF_A_NOUN = frozenset({"models.py", "repository.py", "service.py"})
_PURE = re.compile(r"\bPure\b|\ba pure function\b")
_CLOCKS_AND_CHANCE = (
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.date.today",
    "os.environ",
    "os.getenv",
    "os.urandom",
    "random",
    "secrets",
    "time",
    "uuid.uuid1",
    "uuid.uuid4",
    "open",
)
_INPUT_OUTPUT = ("asyncio", "asyncpg", "fsspec", "httpx", "sqlalchemy.ext.asyncio", "subprocess")


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, {"platform"})


def _decides(source: Source) -> bool:
    """By the file's name, or by what it says of itself."""
    path = source.path
    by_name = path.name in _DECIDES or (is_under(path, *_DECIDING_NOUNS) and path.name not in _EDGES_OF_A_NOUN)
    return by_name or bool(_PURE.search(ast.get_docstring(source.tree) or ""))


def _find(source: Source) -> Iterator[tuple[int, str]]:
    if not _decides(source):
        return
    for line, name in imports(source.tree):
        if is_module(name, *_INPUT_OUTPUT):
            yield line, f"a decision imports {name}: read before it, write after it, and pass in what was read"
    names = imported_as(source.tree)
    for call in calls(source.tree):
        name = full_name(call.func, names)
        if is_module(name, *_CLOCKS_AND_CHANCE) and name != "random.Random":
            yield call.lineno, f"a decision calls {name}(): take the time, the randomness or the setting as an argument"


LAW = Law("pure-decisions", _applies, _find)
