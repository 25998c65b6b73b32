"""What a fresh clone relies on: the lock file, the wheel, CI and the commands that the README names."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"qubix", "qubix_platform", "qubix_actors", "qubix_serve", "qubix_agent"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_every_locked_dependency_has_a_hash_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.split(r"^(?=[a-zA-Z0-9])", re.sub(r"^#.*\n", "", lock, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
    assert len(pins) > 100
    assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
    assert "://" not in lock


@pytest.mark.timeout(480)  # in a fresh clone the console is built first, with what npm fetches
def test_the_wheel_holds_the_five_packages_and_what_they_need(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert any(name.endswith("migrations/env.py") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_base_install_is_small() -> None:
    """Whoever only rents a GPU installs no server: four libraries and what they bring."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[>=<\[;]", dependency)[0] for dependency in project["dependencies"]}
    assert names == {"httpx", "pydantic", "rich", "typer"}


def test_ci_calls_only_what_the_guides_name() -> None:
    guides = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    commands = re.findall(r"\bmake [\w-]+", (ROOT / ".ci/run").read_text())
    assert list(dict.fromkeys(commands)) == ["make check", "make test", "make test-console"]
    assert all(re.search(rf"^{command}\b", guides, re.MULTILINE) for command in commands)


def test_every_make_target_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    for target in phony.group(1).split():
        assert re.search(rf"^{target}:.* ## \S", makefile, re.MULTILINE), target


def test_no_decision_is_longer_than_a_glance() -> None:
    records = sorted((ROOT / "docs/decisions").glob("0*.md"))
    index = (ROOT / "docs/decisions/README.md").read_text()
    assert records
    for record in records:
        text = record.read_text()
        assert len(text.splitlines()) <= 25, record.name
        parts = ("**Context.**", "**Decision.**", "**Consequences.**", "**What would change it.**")
        assert all(part in text for part in parts), record.name
        assert f"({record.name})" in index, record.name
