"""When the console is stale, and that its lock files are ones."""

import json
from pathlib import Path

import pytest

from tools.console import sources
from tools.console.node import requirement

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout in the place of this one."""
    for name in (
        "ui/src/app/main.tsx",
        "ui/package.json",
        "ui/node_modules/react/index.js",
        "compress.mjs",
        "node.lock",
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    monkeypatch.setattr(sources, "UI", tmp_path / "ui")
    monkeypatch.setattr(sources, "BUILT", tmp_path / "static")
    monkeypatch.setattr(sources, "COMPRESS", tmp_path / "compress.mjs")
    monkeypatch.setattr(sources, "NODE_LOCK", tmp_path / "node.lock")
    return tmp_path


def pretend_to_build(checkout: Path) -> None:
    built = checkout / "static"
    built.mkdir(exist_ok=True)
    (built / "index.html").write_text("<html></html>")
    (built / sources.STAMP).write_text(sources.digest())


@pytest.mark.parametrize(
    "changed", ["ui/src/app/main.tsx", "ui/package.json", "compress.mjs", "node.lock", "ui/src/new.ts"]
)
def test_a_change_of_what_it_is_made_of_makes_it_stale(checkout: Path, changed: str) -> None:
    assert sources.is_stale()
    pretend_to_build(checkout)
    assert not sources.is_stale()
    (checkout / changed).write_text("changed")
    assert sources.is_stale()


@pytest.mark.parametrize("changed", ["ui/src/app/main.test.ts", "ui/node_modules/react/index.js", "ui/.env"])
def test_nothing_else_does(checkout: Path, changed: str) -> None:
    pretend_to_build(checkout)
    (checkout / changed).write_text("changed")
    assert not sources.is_stale()


def test_a_build_without_its_page_is_none(checkout: Path) -> None:
    pretend_to_build(checkout)
    (checkout / "static" / "index.html").unlink()
    assert sources.is_stale()


def test_the_lock_files_name_versions_and_hashes_and_no_registry() -> None:
    packages = json.loads((ROOT / "ui" / "package-lock.json").read_text())["packages"]
    locked = {name: package for name, package in packages.items() if name}
    assert [name for name, package in locked.items() if "resolved" in package] == []
    assert [
        name for name, package in locked.items() if "integrity" not in package and not package.get("inBundle")
    ] == []
    node = (ROOT / "tools" / "console" / "node-requirements.lock").read_text()
    assert node.count("==") == 1
    assert "--hash=sha256:" in node
    assert requirement() in node
    assert "\\" not in requirement()
