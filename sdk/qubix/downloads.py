"""Files that arrive: seen only when they are whole and their content is what was promised."""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from qubix.errors import InternalError, InvalidRequest


class VerifiedFile:
    """A file being received. Leaving the context without an error puts it in place, if its digest is right.

    Args:
        destination: where the file shall be; a file that is there is replaced.
        sha256: the digest that its content must have.
    """

    def __init__(self, destination: Path, *, sha256: str) -> None:
        self._destination = destination
        self._partial = destination.with_name(f".{destination.name}.{os.getpid()}.part")
        self._sha256 = sha256
        self._digest = hashlib.sha256()
        self._file: BinaryIO

    def write(self, chunk: bytes) -> None:
        """Take the next piece in."""
        self._digest.update(chunk)
        self._file.write(chunk)

    def __enter__(self) -> Self:
        try:
            self._destination.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._partial.open("wb")
        except OSError as error:
            raise InvalidRequest(
                asked=f"Saving {self._destination}",
                obstacle=f"the file cannot be written ({error.strerror or error})",
                remedy="Choose another folder, or make room.",
            ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if error is None:
                self._check()
                self._partial.replace(self._destination)
        finally:
            self._partial.unlink(missing_ok=True)

    def _check(self) -> None:
        if self._digest.hexdigest() != self._sha256:
            raise InternalError(
                asked=f"Saving {self._destination}",
                obstacle="what arrived does not have the digest that was promised",
                remedy="Try again; if it stays so, the stored file is damaged.",
                details={"expected": self._sha256, "actual": self._digest.hexdigest()},
            )
