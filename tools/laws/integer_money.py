"""Money is a whole number of QU. No float, Decimal or true division touches it."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TypeGuard

from tools.laws.law import Law, Source
from tools.laws.reading import SERVER_ROOMS, called_name, calls, dotted, is_migration, is_python_in, is_under

_MONEY_WORDS = frozenset(
    {
        *("amount", "amounts", "balance", "balances", "charge", "charges", "cost", "costs", "earning", "earnings"),
        *("escrow", "fee", "fees", "hold", "holds", "payout", "payouts", "price", "prices", "qu", "refund", "refunds"),
    }
)
# What a name ends in when it counts something other than QU: `hold_seconds`, `price_performance`.
_OTHER_UNITS = frozenset(
    {
        *("at", "bps", "count", "hours", "id", "key", "minutes", "ms"),
        *("performance", "ratio", "reason", "seconds", "share", "status", "tflop"),
    }
)
_INEXACT = frozenset({"float", "Float", "Decimal", "Numeric", "REAL", "DOUBLE", "DOUBLE_PRECISION", "Double"})
_MONEY_MODULES = frozenset({"billing", "escrow", "ledger", "pricing", "settlement"})
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_TYPE = "money is typed as {found}: it is an int of QU"
_VALUE = "a float in a module of money: count in int QU and round in the one documented function"
_DIVISION = "true division in a module of money gives a float: use // and say who gets the rest"


def _applies(path: PurePosixPath) -> bool:
    return is_python_in(path, SERVER_ROOMS) or (path.suffix == ".py" and is_under(path, "sdk/qubix"))


def is_money(name: str) -> bool:
    """Whether an identifier names an amount of QU: `max_price`, `balanceAfter`, `fee_qu`."""
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(_MONEY_WORDS.intersection(words)) and words[-1] not in _OTHER_UNITS


def _find(source: Source) -> Iterator[tuple[int, str]]:
    for name, annotation in _annotated(source.tree):
        found = _inexact_type(annotation)
        if found and is_money(name):
            yield annotation.lineno, _TYPE.format(found=found)
    for call in calls(source.tree):
        yield from _inexact_column(call)
    if _is_money_module(source.path):
        yield from _float_values(source.tree)


def _annotated(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            yield dotted(node.target).rsplit(".", 1)[-1], node.annotation
        elif isinstance(node, ast.arg) and node.annotation:
            yield node.arg, node.annotation
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            yield node.name, node.returns


def _inexact_type(annotation: ast.AST) -> str:
    for node in ast.walk(annotation):
        name = dotted(node).rsplit(".", 1)[-1] if isinstance(node, ast.Name | ast.Attribute) else ""
        if name in _INEXACT:
            return name
    return ""


def _inexact_column(call: ast.Call) -> Iterator[tuple[int, str]]:
    if called_name(call) not in {"Column", "mapped_column"} or not call.args:
        return
    name, *types = call.args
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str) and is_money(name.value)):
        return
    found = next(filter(None, map(_inexact_type, types)), "")
    if found:
        yield call.lineno, _TYPE.format(found=found)


def _is_money_module(path: PurePosixPath) -> bool:
    return path.parts[0] == "platform" and not is_migration(path) and bool(_MONEY_MODULES & {*path.parts, path.stem})


def _float_values(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if _makes_float(node):
            yield node.lineno, _VALUE
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not _joins_path(node):
            yield node.lineno, _DIVISION


def _makes_float(node: ast.AST) -> TypeGuard[ast.Constant | ast.Call]:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    return isinstance(node, ast.Call) and dotted(node.func) == "float"


def _joins_path(node: ast.BinOp | ast.AugAssign) -> bool:
    right = node.right if isinstance(node, ast.BinOp) else node.value
    return isinstance(right, ast.JoinedStr) or (isinstance(right, ast.Constant) and isinstance(right.value, str))


LAW = Law("integer-money", _applies, _find)
