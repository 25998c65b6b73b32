"""A status changes only in a `transition.py`, by compare-and-set and with its event in the same transaction."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import SERVER_ROOMS, called_name, calls, is_migration, is_python_in, literals

_SET_CLAUSE = re.compile(r"\bset\b(.*?)(?:\bwhere\b|\bfrom\b|\breturning\b|;|\Z)", re.IGNORECASE | re.DOTALL)
_ASSIGNS_STATUS = re.compile(r"(?:\A|,|\()\s*\"?status\"?\s*=", re.IGNORECASE)
_UPDATE = re.compile(r"\bupdate\b", re.IGNORECASE)
_SENTENCE = (
    "a status is assigned outside transition(): call the noun's transition(), which compares, sets and writes the event"
)


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, SERVER_ROOMS) and not is_migration(path) and path.name != "transition.py"


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        else:
            continue
        if any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets):
            yield node.lineno, _SENTENCE
    for call in calls(source.tree):
        if _sets_status(call):
            yield call.lineno, _SENTENCE
    for line, text in literals(source.tree):
        for clause in _SET_CLAUSE.finditer(text) if _UPDATE.search(text) else ():
            if _ASSIGNS_STATUS.search(clause.group(1)):
                yield line + text.count("\n", 0, clause.start()), _SENTENCE


def _sets_status(call: ast.Call) -> bool:
    if called_name(call) == "values" and _follows_update(call):
        return any(keyword.arg == "status" for keyword in call.keywords)
    if called_name(call) == "setattr" and len(call.args) == 3:
        attribute = call.args[1]
        return isinstance(attribute, ast.Constant) and attribute.value == "status"
    return False


def _follows_update(call: ast.Call) -> bool:
    """Whether `.values()` ends a chain that began with `update(...)`; an insert sets a first status."""
    return any(called_name(earlier) == "update" for earlier in calls(call.func))


LAW = Law("status-through-transition", _applies, _find)
