import io
import os
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qubix_agent.runner.bundle import BundleCache, BundleRefused, unpack
from qubix_agent.runner.delivery import NoLongerWanted

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


def unpack_file(path: Path, into: Path, *, max_bytes: int = 1000, unwanted: threading.Event | None = None) -> None:
    with path.open("rb") as bundle:
        unpack(bundle, into=into, max_bytes=max_bytes, unwanted=unwanted or threading.Event())


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


def test_files_folders_and_inner_links_are_unpacked(tmp_path: Path, into: Path) -> None:
    members: list[Member] = [("a/b.py", b"x = 1"), ("./c.txt", b""), ("a/link", "b.py"), ("up", "a/../c.txt")]
    unpack_file(make(tmp_path / "b.tar.gz", *members), into)
    assert (into / "a" / "b.py").read_text() == "x = 1"
    assert (into / "a" / "link").read_text() == "x = 1"
    assert (into / "up").read_text() == ""


def test_special_permissions_are_not_taken(tmp_path: Path, into: Path) -> None:
    unpack_file(make(tmp_path / "b.tar.gz", ("tool", b"#!"), mode=0o4777), into)
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
        [("a/b/c/l", "../../.."), ("m", "a/b/c/l/../.."), ("m/out", b"x")],
        [("m", "l/.."), ("l", "."), ("m/out", b"x")],
        [("f", b"x"), ("m", "f/..")],
        [("hard", int.from_bytes(tarfile.LNKTYPE, "big"))],
        [("fifo", int.from_bytes(tarfile.FIFOTYPE, "big"))],
        [("device", int.from_bytes(tarfile.CHRTYPE, "big"))],
        [("big", b"x" * 2000)],
    ],
)
def test_what_leads_out_or_is_too_large_is_refused(tmp_path: Path, into: Path, members: list[Member]) -> None:
    outside = {*tmp_path.iterdir(), tmp_path / "b.tar.gz"}
    with pytest.raises(BundleRefused):
        unpack_file(make(tmp_path / "b.tar.gz", *members), into)
    assert {*tmp_path.iterdir()} == outside


def test_a_link_that_is_replaced_by_a_file_is_not_written_through(tmp_path: Path, into: Path) -> None:
    (tmp_path / "precious").write_text("kept")
    unpack_file(make(tmp_path / "b.tar.gz", ("a", "b"), ("a", b"new")), into)
    assert (into / "a").read_text() == "new"
    assert not (into / "b").exists()


@pytest.mark.parametrize("content", [b"", b"not gzip", b"\x1f\x8b\x08\x00damaged"])
def test_what_is_no_archive_is_refused(tmp_path: Path, into: Path, content: bytes) -> None:
    bundle = tmp_path / "b.tar.gz"
    bundle.write_bytes(content)
    with pytest.raises(BundleRefused):
        unpack_file(bundle, into)


def test_a_cut_archive_is_refused(tmp_path: Path, into: Path) -> None:
    bundle = make(tmp_path / "b.tar.gz", ("a", os.urandom(5000)))
    bundle.write_bytes(bundle.read_bytes()[:2000])
    with pytest.raises(BundleRefused):
        unpack_file(bundle, into, max_bytes=1 << 20)


@pytest.mark.parametrize(
    "members",
    [
        [("a", b"file"), ("a/b", b"in it")],
        [("a/b", b"in it"), ("a", b"file")],
        [("a", b"file"), ("a", int.from_bytes(tarfile.DIRTYPE, "big"))],
        [("a" * 300, b"x")],
        [("a", "b"), ("b", "a"), ("a/c", b"x")],
    ],
)
def test_names_that_do_not_go_together_are_the_bundles_fault(tmp_path: Path, into: Path, members: list[Member]) -> None:
    with pytest.raises(BundleRefused):
        unpack_file(make(tmp_path / "b.tar.gz", *members), into)


def test_unpacking_ends_when_nobody_wants_it_any_more(tmp_path: Path, into: Path) -> None:
    unwanted = threading.Event()
    unwanted.set()
    with pytest.raises(NoLongerWanted):
        unpack_file(make(tmp_path / "b.tar.gz", ("a", b"x")), into, unwanted=unwanted)
    assert list(into.iterdir()) == []


A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def fetch_into(place: Path) -> None:
    place.write_bytes(b"x" * 100)


def fetch_nothing(place: Path) -> None:
    raise AssertionError(f"{place} is here already")


def test_the_least_recently_used_bundle_makes_room(tmp_path: Path) -> None:
    cache = BundleCache(tmp_path, limit_bytes=250)
    wanted = threading.Event()
    for number, sha256 in enumerate((A, B, C)):
        with BundleCache(tmp_path).opened(sha256, fetch=fetch_into, unwanted=wanted):
            pass
        os.utime(cache.path(sha256), (number, number))
    with cache.opened(A, fetch=fetch_nothing, unwanted=wanted):
        pass
    assert {path.name[0] for path in tmp_path.iterdir()} == {"a", "c"}


def test_whoever_unpacks_a_bundle_holds_nobody_up(tmp_path: Path) -> None:
    cache, wanted = BundleCache(tmp_path), threading.Event()
    with (
        cache.opened(A, fetch=fetch_into, unwanted=wanted) as one,
        cache.opened(A, fetch=fetch_nothing, unwanted=wanted) as other,
    ):
        assert one.read() == other.read() == b"x" * 100


def test_whoever_waits_for_anothers_fetch_can_be_told_to_stop(tmp_path: Path) -> None:
    cache, unwanted = BundleCache(tmp_path), threading.Event()

    def fetch(place: Path) -> None:
        unwanted.set()
        with pytest.raises(NoLongerWanted), cache.opened(A, fetch=fetch_nothing, unwanted=unwanted):
            pass
        fetch_into(place)

    with cache.opened(A, fetch=fetch, unwanted=threading.Event()) as bundle:
        assert bundle.read()


def test_many_at_once_fetch_once_even_while_room_is_made(tmp_path: Path) -> None:
    cache, fetched = BundleCache(tmp_path), []

    def fetch(place: Path) -> None:
        fetched.append(place)
        fetch_into(place)

    def use(_: int) -> bytes:
        with cache.opened(A, fetch=fetch, unwanted=threading.Event()) as bundle:
            cache.trim()
            return bundle.read()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(40))) == [b"x" * 100] * 40
    assert len(fetched) == 1


def test_what_a_killed_fetch_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    cache = BundleCache(tmp_path)
    left = tmp_path / f".{B}.tar.gz.4711.part"

    def fetch(place: Path) -> None:
        mine = place.with_name(f".{place.name}.1.part")
        for partial in (left, mine):
            partial.touch()
        cache.trim()
        assert mine.exists()
        assert not left.exists()
        mine.rename(place)

    with cache.opened(A, fetch=fetch, unwanted=threading.Event()):
        pass
