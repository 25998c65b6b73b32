"""Copies of a folder that somebody writes to."""

import ctypes
import hashlib
import json
import os
import threading
import time
from pathlib import Path

import pytest

from qubix import inside
from qubix.schemas.checkpoints import CHECKPOINT_PART_BYTES
from qubix_agent.runner.checkpoints.capture import Capture, Capturing, NotTaken, Unsettled


@pytest.fixture
def capturing(tmp_path: Path) -> Capturing:
    for name in ("folder", "staging"):
        (tmp_path / name).mkdir()
    return Capturing(folder=tmp_path / "folder", staging=tmp_path / "staging", max_bytes=1 << 30)


def take(capturing: Capturing, *, known: Capture | None = None, rested_at_ns: int | None = None) -> Capture:
    held = frozenset(part for file in known.files for part in file.parts) if known else frozenset[str]()
    return capturing.take(known=known.taken if known else {}, held=held, rested_at_ns=rested_at_ns)


def content(capturing: Capturing, capture: Capture) -> dict[str, bytes]:
    return {
        file.path: b"".join((capturing.staging / part).read_bytes() for part in file.parts) for file in capture.files
    }


def just_now() -> int:
    return time.time_ns()


def a_moment_ago() -> int:
    return time.time_ns() - 10**9


def test_every_file_is_copied_by_its_content(capturing: Capturing) -> None:
    (capturing.folder / "epoch" / "3").mkdir(parents=True)
    (capturing.folder / "epoch" / "3" / "weights").write_bytes(b"weights")
    (capturing.folder / "empty").touch()
    (capturing.folder / ".state.ckpt.x7f2k1").write_bytes(b"half of")
    (capturing.folder / "link").symlink_to("/etc/passwd")
    capture = take(capturing)
    assert content(capturing, capture) == {"empty": b"", "epoch/3/weights": b"weights"}
    assert [path.name for path in capturing.staging.iterdir()] == [hashlib.sha256(b"weights").hexdigest()]


def test_a_large_file_is_split_and_only_its_new_parts_are_copied(capturing: Capturing) -> None:
    large = capturing.folder / "optimizer.pt"
    with large.open("wb") as file:
        file.truncate(2 * CHECKPOINT_PART_BYTES + 5)
    first = take(capturing)
    [one] = first.files
    assert len(one.parts) == 3
    assert one.size == 2 * CHECKPOINT_PART_BYTES + 5
    for part in capturing.staging.iterdir():
        part.unlink()
    with large.open("r+b") as file:
        file.seek(CHECKPOINT_PART_BYTES)
        file.write(b"changed")
    [again] = take(capturing, known=first).files
    assert (again.parts[0], again.parts[2]) == (one.parts[0], one.parts[2])
    assert [part.name for part in capturing.staging.iterdir()] == [again.parts[1]]


def test_what_has_not_changed_is_not_read_again(capturing: Capturing) -> None:
    (capturing.folder / "weights").write_bytes(b"weights")
    first = take(capturing)
    without_room = Capturing(folder=capturing.folder, staging=Path("/nowhere"), max_bytes=1 << 30)
    assert take(without_room, known=first).files == first.files
    (capturing.folder / "weights").touch()
    with pytest.raises(Unsettled):
        take(without_room, known=first)


def test_a_file_that_is_being_written_is_waited_for(capturing: Capturing) -> None:
    (capturing.folder / "weights").write_bytes(b"wei")
    with pytest.raises(Unsettled):
        take(capturing, rested_at_ns=a_moment_ago())
    assert take(capturing, rested_at_ns=just_now() + 10**9).files


def test_what_qubix_wrote_is_taken_at_any_moment(capturing: Capturing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUBIX_CHECKPOINT", str(capturing.folder))
    inside.checkpoint({"step": 7})
    capture = take(capturing, rested_at_ns=a_moment_ago())
    assert content(capturing, capture)["state.ckpt"].endswith(b'{"step": 7}')


def test_a_file_of_the_same_name_that_qubix_did_not_write_is_waited_for(capturing: Capturing) -> None:
    (capturing.folder / "epoch.ckpt").write_bytes(b"another library's")
    with pytest.raises(Unsettled):
        take(capturing, rested_at_ns=a_moment_ago())


def test_a_file_that_changes_while_others_are_read_spoils_the_copy(capturing: Capturing) -> None:
    for name in ("a", "b"):
        (capturing.folder / name).write_bytes(b"before")
    rested = just_now() + 10**9
    looks = iter([False])

    def meddle() -> bool:
        if next(looks, True):
            (capturing.folder / "a").write_bytes(b"after!")
        return False

    meddled = Capturing(folder=capturing.folder, staging=capturing.staging, max_bytes=1 << 30, is_unwanted=meddle)
    with pytest.raises(Unsettled):
        take(meddled, rested_at_ns=rested)


def test_no_copy_of_what_qubix_writes_is_ever_half_old_and_half_new(
    capturing: Capturing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUBIX_CHECKPOINT", str(capturing.folder))
    inside.checkpoint([0] * 20_000)
    done = threading.Event()

    def write() -> None:
        step = 0
        while not done.is_set():
            step += 1
            inside.checkpoint([step] * 20_000)

    writer = threading.Thread(target=write)
    writer.start()
    seen = set()
    try:
        for _ in range(60):
            whole = content(capturing, take(capturing, rested_at_ns=a_moment_ago()))["state.ckpt"]
            state = json.loads(whole.partition(b"\n")[2])
            assert state == state[:1] * 20_000
            seen.add(state[0])
    finally:
        done.set()
        writer.join()
    assert len(seen) > 5


def test_what_cannot_be_kept_is_refused_in_words(capturing: Capturing) -> None:
    (capturing.folder / "large").write_bytes(b"0123456789")
    small = Capturing(folder=capturing.folder, staging=capturing.staging, max_bytes=9)
    with pytest.raises(NotTaken, match="save only what the next attempt needs"):
        take(small)
    unspeakable = (capturing.folder / "large").rename(capturing.folder / os.fsdecode(b"\xff"))
    with pytest.raises(NotTaken, match="not UTF-8"):
        take(capturing)
    unspeakable.unlink()
    for number in range(1001):
        (capturing.folder / str(number)).touch()
    with pytest.raises(NotTaken, match="more than 1000 files"):
        take(capturing)


def test_a_copy_that_nobody_wants_ends(capturing: Capturing) -> None:
    (capturing.folder / "weights").write_bytes(b"weights")
    unwanted = Capturing(
        folder=capturing.folder, staging=capturing.staging, max_bytes=1 << 30, is_unwanted=lambda: True
    )
    with pytest.raises(Unsettled):
        take(unwanted)


def test_a_folder_that_becomes_a_link_while_it_is_copied_leads_nowhere(capturing: Capturing) -> None:
    secrets = capturing.folder.with_name("secrets")
    secrets.mkdir()
    (secrets / "token").write_bytes(b"secret")
    folder, link = capturing.folder / "d", capturing.folder / "e"
    folder.mkdir()
    (folder / "token").write_bytes(b"mine")
    link.symlink_to(secrets)
    done = threading.Event()
    swapper = threading.Thread(target=swap_until, args=(folder, link, done))
    swapper.start()
    copied = 0
    try:
        for _ in range(150):
            try:
                capture = take(capturing)
            except Unsettled:
                continue
            found = content(capturing, capture)
            assert b"secret" not in found.values()
            copied += len(found)
    finally:
        done.set()
        swapper.join()
    assert copied, "no copy ever succeeded, so nothing was shown"


def swap_until(one: Path, other: Path, done: threading.Event) -> None:
    """Let two names change places as often as possible, each time in one step."""
    exchange = ctypes.CDLL(None, use_errno=True).renameat2
    here, at_once = -100, 2
    while not done.is_set():
        assert exchange(here, os.fsencode(one), here, os.fsencode(other), at_once) == 0, os.strerror(ctypes.get_errno())
