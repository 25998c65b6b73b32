"""Receipts that were altered, cut off, or are none: each is refused with a sentence."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.cli.command import run
from qubix.receipts.check import check
from tests.sdk.receipts.test_anchored import receipt

WHOLE = json.dumps(receipt())
RUBBISH: tuple[Any, ...] = (None, -1, 10**400, 1e308, float("nan"), "", "x", "ab" * 32, [], {}, [[]], True)
# Without an anchor it is proven by itself, and of a single leaf any empty path is the path.
FREE = {("roots", 0, "anchor"), ("transactions", 0, "path")}


def twice(told: dict[str, Any]) -> None:
    told["transactions"] *= 2
    told["receipt"]["ledgerTransactions"] *= 2
    for figure in ("hold", "cost", "providerAmount", "fee"):
        told["receipt"][figure] *= 2
    for part in told["receipt"]["legs"] + told["receipt"]["stretches"]:
        part["amount"] *= 2


def of_another(told: dict[str, Any]) -> None:
    told["receipt"]["jobId"] = "k"


def of_other_stretches(told: dict[str, Any]) -> None:
    told["receipt"]["stretches"] = [{"amount": 99}]


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield from places(inner, (*path, step))


def test_the_whole_one_holds() -> None:
    assert check(WHOLE).problems == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (twice, "transaction 4 is told more than once"),
        (of_another, "transaction 4 is about j, not k"),
        (of_other_stretches, "the stretches of time sum to 99 QU"),
    ],
)
def test_true_transactions_do_not_prove_untrue_figures(change: Callable[[dict[str, Any]], None], named: str) -> None:
    told = receipt()
    change(told)
    assert any(named in problem for problem in check(json.dumps(told)).problems)


@pytest.mark.parametrize("path", [path for path in places(receipt()) if path not in FREE])
def test_whatever_stands_in_any_place_instead_is_a_problem_and_never_an_error(path: tuple[str | int, ...]) -> None:
    for value in RUBBISH:
        told: Any = receipt()
        place = told
        for step in path[:-1]:
            place = place[step]
        if place[path[-1]] == value:
            continue
        place[path[-1]] = value
        assert check(json.dumps(told)).problems, (path, value)


@given(st.integers(0, len(WHOLE) - 1))
def test_one_that_is_cut_off_is_none(end: int) -> None:
    assert not check(WHOLE[:end]).holds


@given(st.text() | st.binary().map(lambda content: content.decode("latin-1")))
def test_rubbish_is_none(content: str) -> None:
    assert not check(content).holds


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 100_000, WHOLE[:-1].encode(), b"{}", b"null"])
def test_the_command_refuses_what_is_none_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    file = tmp_path / "receipt.json"
    file.write_bytes(content)
    assert run(["receipt", "verify", str(file)]) == 1
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert said.out.startswith("✗ ") or said.err.startswith("qubix: ")
