"""Where blobs lie: a folder by default, any object store by its fsspec URL."""

import asyncio
import contextlib
import hashlib
import secrets
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any, Final

import fsspec

from qubix_platform.blobs.errors import BlobDigestMismatch, BlobNotFound, BlobTooLarge

CHUNK_BYTES: Final = 1 << 20
DEFAULT_MAX_BYTES: Final = 2 << 30


class BlobStorage:
    """Content-addressed storage.

    Args:
        url: an fsspec URL of a folder, such as `file:///srv/qubix/blobs` or `s3://bucket/blobs`.
        max_bytes: the largest blob that is taken.
    """

    def __init__(self, url: str, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._files, root = fsspec.core.url_to_fs(url)
        self._root = str(root).rstrip("/")
        self._max_bytes = max_bytes

    async def put(self, sha256: str, chunks: AsyncIterator[bytes]) -> int:
        """Store what arrives under its digest; its size in bytes. A broken or false upload leaves nothing behind.

        Raises:
            BlobDigestMismatch: the content hashes to something else.
            BlobTooLarge: it is larger than `max_bytes`.
        """
        hasher = hashlib.sha256()
        size = 0
        with tempfile.TemporaryFile() as spool:
            async for chunk in chunks:
                size += len(chunk)
                if size > self._max_bytes:
                    raise BlobTooLarge(
                        asked=f"Storing blob {sha256}",
                        obstacle=f"it is larger than {self._max_bytes} bytes",
                        remedy="Split it, or fetch it from the job's own storage.",
                    )
                hasher.update(chunk)
                spool.write(chunk)
            if hasher.hexdigest() != sha256:
                raise BlobDigestMismatch(
                    asked=f"Storing blob {sha256}",
                    obstacle=f"its content hashes to {hasher.hexdigest()}",
                    remedy="Send the content under its own SHA-256; it may have changed while it was sent.",
                )
            spool.seek(0)
            await asyncio.to_thread(self._publish, sha256, spool)
        return size

    async def exists(self, sha256: str) -> bool:
        """Whether the content is there."""
        return bool(await asyncio.to_thread(self._files.exists, self._path(sha256)))

    async def read(self, sha256: str) -> AsyncIterator[bytes]:
        """The content in pieces.

        Raises:
            BlobNotFound: it is not there.
        """
        try:
            source = await asyncio.to_thread(self._files.open, self._path(sha256), "rb")
        except FileNotFoundError:
            raise BlobNotFound.gone(sha256) from None
        try:
            while chunk := await asyncio.to_thread(source.read, CHUNK_BYTES):
                yield chunk
        finally:
            await asyncio.to_thread(source.close)

    async def remove(self, sha256: str) -> None:
        """Remove the content, if it is there."""
        await asyncio.to_thread(self._remove, self._path(sha256))

    def _remove(self, path: str) -> None:
        with contextlib.suppress(FileNotFoundError):  # removed before, by one who came to no end
            self._files.rm_file(path)

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _publish(self, sha256: str, spool: IO[bytes]) -> None:
        path = self._path(sha256)
        if self._files.exists(path):
            return
        self._files.makedirs(str(Path(path).parent), exist_ok=True)
        # Written aside and renamed: a reader never sees half a blob, and two writers of one blob do not mix.
        aside = f"{path}.{secrets.token_hex(8)}"
        with self._files.open(aside, "wb") as target:
            _copy(spool, target)
        self._files.mv(aside, path)


def _copy(source: IO[bytes], target: Any) -> None:
    while chunk := source.read(CHUNK_BYTES):
        target.write(chunk)
