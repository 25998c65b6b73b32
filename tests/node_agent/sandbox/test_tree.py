"""Looking into folders that somebody else changes meanwhile."""

import os
from functools import partialmethod
from pathlib import Path

import pytest

from qubix_agent.sandbox import tree
from qubix_agent.sandbox.tree import MAX_DEPTH, TooDeep, TooMany, WalkStopped, disk_bytes, iter_files


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "file").write_bytes(bytes(1 << 20))
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "d").mkdir(parents=True)
    (folder / "d" / "file").write_bytes(b"mine")
    return folder


def become_link(folder: Path, target: Path) -> None:
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(target)


def test_a_file_is_not_opened_through_a_folder_that_became_a_link(root: Path, outside: Path) -> None:
    (found,) = iter_files(root)
    become_link(root / "d", outside)
    with pytest.raises(FileNotFoundError):
        found.open()
    with pytest.raises(FileNotFoundError):
        found.status()


def test_a_folder_that_became_a_link_is_not_walked_into(root: Path, outside: Path) -> None:
    (root / "a").touch()
    walk = iter_files(root)
    assert next(walk).relative == "a"
    become_link(root / "d", outside)
    with pytest.raises(FileNotFoundError):
        next(walk)


def test_a_file_that_became_a_pipe_or_a_link_is_not_opened(root: Path, outside: Path) -> None:
    (found,) = iter_files(root)
    place = root / "d" / "file"
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(FileNotFoundError):
        found.open()
    place.unlink()
    place.symlink_to(outside / "file")
    with pytest.raises(FileNotFoundError):
        found.open()


def test_what_lies_behind_a_link_takes_no_space(root: Path, outside: Path) -> None:
    before = disk_bytes([root])

    def swap() -> bool:
        if not (root / "d").is_symlink():
            become_link(root / "d", outside)
        return False

    assert disk_bytes([root], is_unwanted=swap) < before + (1 << 20)


def test_a_walk_that_nobody_waits_for_ends(root: Path) -> None:
    with pytest.raises(WalkStopped):
        disk_bytes([root], is_unwanted=lambda: True)


def test_folders_nested_too_deep_are_said(root: Path) -> None:
    (root / Path(*["d"] * (MAX_DEPTH + 1))).mkdir(parents=True)
    with pytest.raises(TooDeep):
        disk_bytes([root])
    with pytest.raises(TooDeep):
        list(iter_files(root))


def test_more_than_can_be_listed_is_said_before_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree._Walk, "__init__", partialmethod(tree._Walk.__init__, left=5))
    for number in range(2):
        (root / "d" / f"empty-{number}").mkdir()
    assert len(list(iter_files(root))) == 1  # d, the file in it, and two folders
    for number in range(2):
        (root / "d" / "empty-1" / str(number)).mkdir()
    with pytest.raises(TooMany):
        list(iter_files(root))
