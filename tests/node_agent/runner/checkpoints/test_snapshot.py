"""What a snapshot of a workspace holds, and what of it is read and sent again."""

import os
from pathlib import Path

import pytest

from qubix.schemas.checkpoints import MAX_CHECKPOINT_FILES
from qubix_agent.runner.checkpoints.capture import NotTaken
from qubix_agent.runner.checkpoints.snapshot import Snapshots


def _snapshots(root: Path, *, max_bytes: int = 1 << 20) -> Snapshots:
    for name in ("job", "checkpoint", "staging"):
        (root / name).mkdir()
    return Snapshots(
        job=root / "job",
        checkpoint=root / "checkpoint",
        staging=root / "staging",
        max_bytes=max_bytes,
        is_unwanted=lambda: False,
    )


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))


def _staged(root: Path) -> int:
    parts = list((root / "staging").iterdir())
    for part in parts:
        part.unlink()
    return len(parts)


def test_it_holds_both_folders_and_only_what_is_new_is_staged_again(tmp_path: Path) -> None:
    snapshots = _snapshots(tmp_path)
    _write(tmp_path / "job" / "main.py", b"print()")
    _write(tmp_path / "job" / "notes" / "a.txt", b"notes")
    _write(tmp_path / "checkpoint" / "weights", b"weights")
    _, files = snapshots.take()
    assert sorted(file.path for file in files) == ["checkpoint/weights", "job/main.py", "job/notes/a.txt"]
    assert _staged(tmp_path) == 3
    snapshots.stored()
    _write(tmp_path / "job" / "main.py", b"print(1)")
    _, again = snapshots.take()
    assert [file.size for file in again if file.path == "job/main.py"] == [8]
    assert len(again) == 3
    assert _staged(tmp_path) == 1
    snapshots.forget()
    snapshots.take()
    assert _staged(tmp_path) == 3


def test_it_is_bounded(tmp_path: Path) -> None:
    snapshots = _snapshots(tmp_path, max_bytes=10)
    with pytest.raises(NotTaken, match="empty"):
        snapshots.take()
    _write(tmp_path / "job" / "a", b"123456")
    _write(tmp_path / "checkpoint" / "b", b"123456")
    with pytest.raises(NotTaken, match="kept at most"):
        snapshots.take()
    for number in range(MAX_CHECKPOINT_FILES):
        (tmp_path / "job" / str(number)).touch()
    (tmp_path / "checkpoint" / "b").write_bytes(b"1")
    with pytest.raises(NotTaken, match="files"):
        snapshots.take()
