import re
from pathlib import Path

import pytest

import tools.laws
from tools.laws.__main__ import main
from tools.laws.repository import sources
from tools.laws.statute import laws

ROOT = Path(__file__).resolve().parents[3]


def test_every_law_is_in_force() -> None:
    """A law that nobody registered would never be broken."""
    files = {file.stem for file in Path(tools.laws.__path__[0]).glob("*.py")}
    parts = {"__init__", "__main__", "law", "reading", "repository", "statute"}
    assert {law.name.replace("-", "_") for law in laws(ROOT)} == files - parts


def test_every_law_is_tested() -> None:
    tested = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    for law in laws(ROOT):
        assert re.search(rf"tools\.laws\.{law.name.replace('-', '_')} import", tested), law.name


def test_reports_what_it_judged(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tools/laws/law.py"]) == 0
    assert re.search(r"laws: \d+ laws, 1 files, 0 offences", capsys.readouterr().out)


def test_reads_what_git_knows() -> None:
    names = {str(source.path) for source in sources(ROOT)}
    assert {"Makefile", "requirements.lock", "tools/laws/law.py"} <= names
    assert not any(name.startswith(".venv/") for name in names)
