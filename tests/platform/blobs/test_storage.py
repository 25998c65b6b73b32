"""Content-addressed storage on a real folder."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from qubix_platform.blobs.errors import BlobDigestMismatch, BlobNotFound, BlobTooLarge
from qubix_platform.blobs.storage import BlobStorage


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def content_of(storage: BlobStorage, sha256: str) -> bytes:
    return b"".join([piece async for piece in storage.read(sha256)])


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_was_stored_is_read_back_and_storing_it_again_changes_nothing(tmp_path: Path) -> None:
    storage = BlobStorage(f"file://{tmp_path}")
    sha256 = digest(b"hello world")
    for _ in range(2):
        assert await storage.put(sha256, pieces(b"hello ", b"world")) == 11
    assert await storage.exists(sha256)
    assert await content_of(storage, sha256) == b"hello world"
    assert len(files_of(tmp_path)) == 1


async def test_a_false_digest_and_a_broken_upload_leave_nothing(tmp_path: Path) -> None:
    storage = BlobStorage(f"file://{tmp_path}", max_bytes=100)
    with pytest.raises(BlobDigestMismatch, match=digest(b"this")):
        await storage.put(digest(b"that"), pieces(b"this"))
    with pytest.raises(BlobTooLarge, match="100 bytes"):
        await storage.put(digest(b"x" * 101), pieces(b"x" * 101))

    async def breaking() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await storage.put(digest(b"half"), breaking())
    assert files_of(tmp_path) == []
    assert not await storage.exists(digest(b"half"))


async def test_content_that_is_gone_is_a_clean_error(tmp_path: Path) -> None:
    storage = BlobStorage(f"file://{tmp_path}")
    with pytest.raises(BlobNotFound, match="gone from the storage"):
        await content_of(storage, digest(b"never"))
