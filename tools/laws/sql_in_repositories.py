"""All the SQL of a noun stands in its `repository.py`, so that a reader finds every query of a table in one file."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import (
    SERVER_ROOMS,
    called_name,
    calls,
    full_name,
    imported_as,
    is_migration,
    is_module,
    is_python_in,
    is_under,
    literals,
)

_BUILDERS = frozenset({"text", "select", "insert", "update", "delete"})
_RUNNERS = frozenset(
    {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "exec_driver_sql", "cursor"}
)
_SQL = r"\s*(SELECT|INSERT\s+INTO|UPDATE\s+\S+\s+(\w+\s+)?SET|DELETE\s+FROM|WITH\s+\w+\s+AS|CALL|MERGE\s+INTO)\s"
_SHOUTED = re.compile(_SQL)
# Prose begins with a capital; SQL is written in one case.
_WHISPERED = re.compile(
    r"\s*(select\s.*\sfrom\s+\w|select\s+\w+\s*\(|insert\s+into\s|update\s+\S+\s+(\w+\s+)?set\s+\w+\s*="
    r"|delete\s+from\s|with\s+\w+\s+as\s*\(|merge\s+into\s)",
    re.DOTALL,
)
_SAID = re.compile(_SQL, re.IGNORECASE)
_SENTENCE = "SQL outside a repository: move the query into the repository.py of its noun and call that"


def _applies(path: PurePosixPath) -> bool:
    return (
        is_python_in(path, SERVER_ROOMS)
        and not is_migration(path)
        and not is_under(path, "platform/qubix_platform/database", "platform/qubix_platform/events")
        and path.name not in {"repository.py", "transition.py"}
    )


def _find(source: Source) -> Iterator[tuple[int, str]]:
    names = imported_as(source.tree)
    for call in calls(source.tree):
        if _builds_sql(call, names, is_model=source.path.name == "models.py") or _runs_sql(call):
            yield call.lineno, _SENTENCE
    for line, text in literals(source.tree):
        if _SHOUTED.match(text) or _WHISPERED.match(text):
            yield line, _SENTENCE


def _builds_sql(call: ast.Call, names: dict[str, str], *, is_model: bool) -> bool:
    name = full_name(call.func, names)
    builder = name.rsplit(".", 1)[-1]
    if is_model and builder == "text":
        return False  # server defaults and partial indexes of a table are part of its definition
    return builder in _BUILDERS and is_module(name, "sqlalchemy", "sqlmodel")


def _runs_sql(call: ast.Call) -> bool:
    if called_name(call) not in _RUNNERS or not call.args:
        return False
    statement = call.args[0]
    return (
        isinstance(statement, ast.Constant) and isinstance(statement.value, str) and bool(_SAID.match(statement.value))
    )


LAW = Law("sql-in-repositories", _applies, _find)
