"""Functions made ready to run elsewhere."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qubix import Client
from qubix.errors import InvalidRequest
from qubix.functions import prepare_function
from qubix.schemas.states import ModelType
from tests.sdk.platform import FakePlatform


def add(a: int, b: int = 2) -> int:
    return a + b


def total(*numbers: int, scale: int = 1) -> int:
    return sum(numbers) * scale


def describe(**facts: Any) -> dict[str, Any]:
    return facts


def repeated(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args: Any) -> Any:
        return function(*args)

    return inner


@repeated
def decorated(a: int) -> int:
    return a


class Holder:
    def method(self) -> None:
        pass


def test_a_function_goes_with_its_module() -> None:
    work = prepare_function(add, [1], {})
    assert work.function == "test_functions:add"
    assert work.source == Path(__file__).read_text()
    assert work.arguments == [1]


@pytest.mark.parametrize(
    ("function", "arguments", "keywords", "expected"),
    [
        (add, (1, 2), {}, [1, 2]),
        (add, (), {"a": 1}, {"a": 1}),
        (add, (1,), {"b": 3}, {"a": 1, "b": 3}),
        (add, ((1, 2),), {}, [[1, 2]]),
        (total, (1, 2, 3), {}, [1, 2, 3]),
        (describe, (), {"x": 1, "y": 2}, {"x": 1, "y": 2}),
        (decorated, (5,), {}, [5]),
    ],
)
def test_arguments_become_json(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any], expected: Any
) -> None:
    assert prepare_function(function, arguments, keywords).arguments == expected


@pytest.mark.parametrize(
    ("function", "arguments", "keywords", "complaint"),
    [
        (lambda: 1, (), {}, "top of its module"),
        (Holder().method, (), {}, "top of its module"),
        (print, (), {}, "top of its module"),
        (Holder, (), {}, "top of its module"),
        (add, (), {}, "do not fit"),
        (add, (1, 2, 3), {}, "do not fit"),
        (total, (1,), {"scale": 2}, "by position only"),
        (add, (object(),), {}, "JSON"),
        (add, (float("nan"),), {}, "JSON"),
    ],
)
def test_what_cannot_run_elsewhere_is_refused(
    function: Callable[..., Any], arguments: tuple[Any, ...], keywords: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(InvalidRequest, match=complaint):
        prepare_function(function, arguments, keywords)


def test_a_function_that_was_typed_in_has_no_source() -> None:
    namespace: dict[str, Any] = {}
    exec("def typed(): pass", namespace)  # noqa: S102  # as an interactive session does
    with pytest.raises(InvalidRequest, match="in no file"):
        prepare_function(namespace["typed"], (), {})


def test_a_large_module_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large_module.py").write_text("def f(): pass\n# " + "x" * 300_000)
    monkeypatch.syspath_prepend(tmp_path)
    import large_module  # type: ignore[import-not-found]

    with pytest.raises(InvalidRequest, match="256 KiB"):
        prepare_function(large_module.f, (), {})


def test_the_client_submits_it(client: Client, platform: FakePlatform) -> None:
    job = client.run_function(add, 40, keywords={"b": 2}, max_price=1)
    wanted = platform.requests[0]
    assert (wanted.model_type, wanted.function, wanted.input_data) == (
        ModelType.FUNCTION,
        "test_functions:add",
        {"a": 40, "b": 2},
    )
    assert (job.name, job.result()) == ("add", 42)
    with pytest.raises(InvalidRequest, match="arguments"):
        client.run_function(add, 1, max_price=1, inputs={})
