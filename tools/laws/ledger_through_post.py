"""Money moves only through the database's `post()`: nobody else writes a table of the ledger."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.laws.law import Law, Source
from tools.laws.reading import ROOMS, calls, full_name, imported_as, is_migration, is_python_in, literals

_WRITE = re.compile(
    r'\b(?:insert\s+into|update(?:\s+only)?|delete\s+from(?:\s+only)?|truncate(?:\s+table)?|merge\s+into|copy)\s+"?(?:\w+\.)?"?ledger_\w+',
    re.IGNORECASE,
)
_FUNCTION = re.compile(r"\bcreate\s+(?:or\s+replace\s+)?function\b", re.IGNORECASE)
_MODELS = re.compile(r"\bledger\.models\.\w+$")
_WRITERS = frozenset({"insert", "update", "delete"})
_SENTENCE = "a table of the ledger is written outside post(): call the ledger's post() with an idempotency key"


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, ROOMS) or (path.suffix == ".sql" and path.parts[0] in ROOMS)


def _find(source: Source) -> Iterator[tuple[int, str]]:
    texts = [(1, source.text)] if source.path.suffix == ".sql" else literals(source.tree)
    for line, text in texts:
        for write in _WRITE.finditer(text):
            if not _is_trigger(text, write) and not (is_migration(source.path) and _may_migrate(text, write)):
                yield line + text.count("\n", 0, write.start()), _SENTENCE
    yield from _written_by_model(source.tree)


def _may_migrate(text: str, write: re.Match[str]) -> bool:
    """A migration defines the functions that write, and opens accounts, which moves nothing."""
    opens_account = re.fullmatch(r"insert\s+into\s+ledger_accounts", write.group(), re.IGNORECASE)
    return bool(opens_account or _FUNCTION.search(text, 0, write.start()))


def _is_trigger(text: str, write: re.Match[str]) -> bool:
    """`before update on ledger_entry` and `grant update` name a verb without writing."""
    return bool(re.search(r"\b(?:before|after|or|grant|revoke)\s+\Z", text[: write.start()], re.IGNORECASE))


def _written_by_model(tree: ast.Module) -> Iterator[tuple[int, str]]:
    names = imported_as(tree)
    for call in calls(tree):
        verb = full_name(call.func, names).rsplit(".", 1)[-1]
        writes = verb in _WRITERS and call.args and _MODELS.search(full_name(call.args[0], names))
        if writes or _MODELS.search(full_name(call.func, names)):
            yield call.lineno, _SENTENCE


LAW = Law("ledger-through-post", _applies, _find)
