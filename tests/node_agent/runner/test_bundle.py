import io
import os
import tarfile
from pathlib import Path

import pytest

from qubix_agent.runner.bundle import BundleCache, BundleRefused, unpack

Member = tuple[str, bytes | str | int]


def make(path: Path, *members: Member, mode: int = 0o644) -> Path:
    """bytes make a file, a text makes a link to it, a number a member of that type."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.mode = mode
            if isinstance(content, bytes):
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            elif isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.type, info.linkname = bytes([content]), "target"
                archive.addfile(info)
    return path


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def test_files_folders_and_inner_links_are_unpacked(tmp_path: Path, into: Path) -> None:
    members: list[Member] = [("a/b.py", b"x = 1"), ("./c.txt", b""), ("a/link", "b.py"), ("up", "a/../c.txt")]
    unpack(make(tmp_path / "b.tar.gz", *members), into=into, max_bytes=1000)
    assert (into / "a" / "b.py").read_text() == "x = 1"
    assert (into / "a" / "link").read_text() == "x = 1"
    assert (into / "up").read_text() == ""


def test_special_permissions_are_not_taken(tmp_path: Path, into: Path) -> None:
    unpack(make(tmp_path / "b.tar.gz", ("tool", b"#!"), mode=0o4777), into=into, max_bytes=1000)
    assert (into / "tool").stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize(
    "members",
    [
        [("/etc/passwd", b"x")],
        [("../out", b"x")],
        [("a/../../out", b"x")],
        [("link", "/etc"), ("link/passwd", b"x")],
        [("link", "../..")],
        [("a/link", "../../x")],
        [("a", "."), ("a/b", "../.."), ("a/b/c", b"x")],
        [("hard", int.from_bytes(tarfile.LNKTYPE, "big"))],
        [("fifo", int.from_bytes(tarfile.FIFOTYPE, "big"))],
        [("device", int.from_bytes(tarfile.CHRTYPE, "big"))],
        [("big", b"x" * 2000)],
    ],
)
def test_what_leads_out_or_is_too_large_is_refused(tmp_path: Path, into: Path, members: list[Member]) -> None:
    outside = {*tmp_path.iterdir(), tmp_path / "b.tar.gz"}
    with pytest.raises(BundleRefused):
        unpack(make(tmp_path / "b.tar.gz", *members), into=into, max_bytes=1000)
    assert {*tmp_path.iterdir()} == outside


def test_a_link_that_is_replaced_by_a_file_is_not_written_through(tmp_path: Path, into: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    unpack(make(tmp_path / "b.tar.gz", ("a", "b"), ("a", b"new")), into=into, max_bytes=1000)
    assert (into / "a").read_text() == "new"
    assert not (into / "b").exists()


@pytest.mark.parametrize("content", [b"", b"not gzip", b"\x1f\x8b\x08\x00damaged"])
def test_what_is_no_archive_is_refused(tmp_path: Path, into: Path, content: bytes) -> None:
    bundle = tmp_path / "b.tar.gz"
    bundle.write_bytes(content)
    with pytest.raises(BundleRefused):
        unpack(bundle, into=into, max_bytes=1000)


def test_a_cut_archive_is_refused(tmp_path: Path, into: Path) -> None:
    bundle = make(tmp_path / "b.tar.gz", ("a", os.urandom(5000)))
    bundle.write_bytes(bundle.read_bytes()[:2000])
    with pytest.raises(BundleRefused):
        unpack(bundle, into=into, max_bytes=1 << 20)


def test_the_least_recently_used_bundle_makes_room(tmp_path: Path) -> None:
    cache = BundleCache(tmp_path, limit_bytes=250)
    for number, sha256 in enumerate(("a" * 64, "b" * 64, "c" * 64)):
        with cache.locked(sha256) as path:
            path.write_bytes(b"x" * 100)
        os.utime(path, (number, number))
    cache.used("a" * 64)
    assert {path.name[0] for path in tmp_path.glob("*.tar.gz")} == {"a", "c"}
