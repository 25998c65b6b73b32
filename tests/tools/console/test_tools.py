"""What the console's proof needs of a machine."""

import os
from pathlib import Path

import pytest

from tools.console.__main__ import main
from tools.console.chromium import VARIABLE, find_chromium


def test_a_machine_without_a_browser_is_told_apart_from_a_console_that_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no-browser"))
    assert main(["tools"]) == os.EX_UNAVAILABLE
    assert "no-browser, which is no program" in capsys.readouterr().err


def test_the_browser_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.touch(mode=0o755)
    monkeypatch.setenv(VARIABLE, str(browser))
    assert find_chromium() == browser
