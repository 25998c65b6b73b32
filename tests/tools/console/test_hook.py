"""What the wheel's build hook does, and what it leaves alone."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tools.console import sources
from tools.console.node import requirement

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[str]]:
    """The hook, with a list in the place of the build."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    built: list[str] = []
    monkeypatch.setattr(module, "build", lambda: built.append("console"))
    return module.ConsoleHook(str(ROOT), {}, None, None, str(ROOT), "wheel"), built


def test_a_wheel_has_the_console_and_an_editable_install_does_not_build_it(hook: tuple[Any, list[str]]) -> None:
    made, built = hook
    made.initialize("editable", {})
    assert built == []
    made.initialize("standard", {})
    assert built == ["console"]


@pytest.mark.parametrize("is_stale", [True, False])
def test_node_is_asked_for_only_where_there_is_something_to_build(
    hook: tuple[Any, list[str]], monkeypatch: pytest.MonkeyPatch, is_stale: bool
) -> None:
    monkeypatch.setattr(sources, "is_stale", lambda: is_stale)
    assert hook[0].dependencies() == ([requirement()] if is_stale else [])
