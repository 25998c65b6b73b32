"""Scripts and folders made ready to send."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qubix.bundle import Work, prepare
from qubix.errors import InvalidRequest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "work"
    (place / "package").mkdir(parents=True)
    (place / "main.py").write_text("import package")
    (place / "package" / "__init__.py").write_text("")
    (place / "data.bin").write_bytes(b"\x00" * 100)
    return place


@pytest.fixture
def packed(folder: Path) -> Iterator[Work]:
    work = prepare(folder, entrypoint="main.py")
    yield work
    work.discard()


def names(work: Work) -> list[str]:
    assert work.archive is not None
    with tarfile.open(work.archive) as tar:
        return tar.getnames()


def again(folder: Path) -> str | None:
    work = prepare(folder, entrypoint="main.py")
    work.discard()
    return work.sha256


def test_a_folder_is_packed_in_order(packed: Work) -> None:
    assert names(packed) == ["data.bin", "main.py", "package/__init__.py"]
    assert (packed.name, packed.entrypoint) == ("work", "main.py")


def test_the_same_files_give_the_same_archive(folder: Path, packed: Work) -> None:
    os.utime(folder / "main.py", (1, 1))
    (folder / "main.py").chmod(0o600)
    assert again(folder) == packed.sha256
    (folder / "main.py").write_text("import package  # changed")
    assert again(folder) != packed.sha256


def test_the_archive_says_nothing_of_who_packed_it(packed: Work) -> None:
    assert packed.archive is not None
    with tarfile.open(packed.archive) as tar:
        for entry in tar:
            assert (entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime, entry.mode) == (0, 0, "", "", 0, 0o644)


def test_what_can_be_run_stays_so(folder: Path) -> None:
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o700)
    work = prepare(folder, entrypoint="main.py")
    assert work.archive is not None
    with tarfile.open(work.archive) as tar:
        assert tar.getmember("run.sh").mode == 0o755
    work.discard()


def test_secrets_caches_and_what_is_named_stay_behind(folder: Path) -> None:
    for name in (
        ".git/config",
        ".env",
        ".env.local",
        "__pycache__/x.pyc",
        ".venv/bin/python",
        "big/model.bin",
        "a.tmp",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    (folder / ".qubixignore").write_text("# large\nbig/\n\n*.tmp\n")
    work = prepare(folder, entrypoint="main.py")
    assert names(work) == ["data.bin", "main.py", "package/__init__.py"]
    work.discard()


def test_links_within_are_followed_and_links_out_are_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "copy.bin").symlink_to("data.bin")
    work = prepare(folder, entrypoint="main.py")
    assert "copy.bin" in names(work)
    work.discard()
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to("../secret")
    with pytest.raises(InvalidRequest, match="leads out of it"):
        prepare(folder, entrypoint="main.py")
    (folder / "link").unlink()
    (folder / "link").symlink_to("/etc")
    with pytest.raises(InvalidRequest, match="leads out of it"):
        prepare(folder, entrypoint="main.py")


def test_what_is_no_file_is_refused(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(InvalidRequest, match="not a plain file"):
        prepare(folder, entrypoint="main.py")


def test_a_missing_entrypoint_names_the_scripts_that_are_there(folder: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"no train.py.*main.py"):
        prepare(folder, entrypoint="train.py")


def test_a_large_script_is_packed(tmp_path: Path) -> None:
    script = tmp_path / "large.py"
    script.write_text("# " + "x" * 300_000)
    work = prepare(script, entrypoint=None)
    assert (work.source, work.entrypoint, names(work)) == (None, "large.py", ["large.py"])
    work.discard()


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("missing.py", None, "no such file"),
        ("notebook.ipynb", b"{}", "nbconvert"),
        ("latin.py", b"\xff\xfe\x00", "UTF-8"),
        ("nul.py", b"print(1)\x00", "NUL"),
    ],
)
def test_what_is_no_script_is_refused(tmp_path: Path, name: str, content: bytes | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidRequest, match=complaint):
        prepare(tmp_path / name, entrypoint=None)
