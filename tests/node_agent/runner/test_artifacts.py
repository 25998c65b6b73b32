import hashlib
import os
from pathlib import Path
from typing import NoReturn

import pytest

from qubix_agent.runner import artifacts
from qubix_agent.runner.artifacts import collect, upload
from qubix_agent.sandbox.tree import TooMany


def test_files_become_artifacts_and_links_do_not(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "model.bin").write_bytes(b"weights")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("/etc")
    os.mkfifo(tmp_path / "pipe")
    output = collect(tmp_path)
    assert [file.relative for file in output.files] == ["deep/model.bin"]
    assert output.notes == ()


def test_the_result_is_not_an_artifact(tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text('{"accuracy": 0.9}')
    output = collect(tmp_path)
    assert output.result == {"accuracy": 0.9}
    assert output.files == ()


@pytest.mark.parametrize("text", ["{", "NaN", "[" * 100_000, "x" * (2 << 20)])
def test_what_is_no_result_is_kept_as_a_file_and_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)
    output = collect(tmp_path)
    assert output.result is None
    assert [file.relative for file in output.files] == ["result.json"]
    assert "kept as an artifact" in output.notes[0]


def test_names_that_cannot_be_sent_are_said(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"bad-\xff")).touch()
    deep = tmp_path
    for _ in range(3):
        deep = deep / ("d" * 200)
        deep.mkdir()
    (deep / "file").touch()
    output = collect(tmp_path)
    assert output.files == ()
    assert len(output.notes) == 2


def test_too_many_are_cut_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "MAX_ARTIFACTS", 3)
    for number in range(5):
        (tmp_path / str(number)).touch()
    output = collect(tmp_path)
    assert len(output.files) == 3
    assert "first 3" in output.notes[0]


def test_more_than_can_be_listed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def many(_: Path) -> NoReturn:
        raise TooMany

    monkeypatch.setattr(artifacts, "iter_files", many)
    assert "Pack them into an archive" in collect(tmp_path).notes[0]


def test_each_content_is_stored_once_and_only_if_it_is_new(tmp_path: Path) -> None:
    for name, content in {"a": b"same", "b": b"same", "known": b"known", "refused": b"refused"}.items():
        (tmp_path / name).write_bytes(content)
    known = hashlib.sha256(b"known").hexdigest()
    stored: list[str] = []

    def put(sha256: str, path: Path) -> bool:
        stored.append(path.read_text())
        return stored[-1] != "refused"

    reported = upload(collect(tmp_path).files, is_known=lambda sha256: sha256 == known, put=put)
    assert stored == ["same", "refused"]
    assert [artifact.path for artifact in reported] == ["a", "b", "known"]
    assert reported[0].size == 4


def test_what_is_sent_is_what_was_digested_whatever_its_name_stands_for_by_then(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"weights")
    secret = tmp_path.with_name("secret")
    secret.write_bytes(b"secret")
    sent: list[tuple[str, bytes]] = []

    def is_known(_: str) -> bool:
        (tmp_path / "model.bin").unlink()
        (tmp_path / "model.bin").symlink_to(secret)
        return False

    def put(sha256: str, path: Path) -> bool:
        sent.append((sha256, path.read_bytes()))
        return True

    upload(collect(tmp_path).files, is_known=is_known, put=put)
    assert sent == [(hashlib.sha256(b"weights").hexdigest(), b"weights")]
