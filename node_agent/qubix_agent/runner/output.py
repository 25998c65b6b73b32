"""What a job writes to stdout and stderr, turned into bounded pieces of clean text in the order of reading."""

import codecs
from collections import deque
from datetime import UTC, datetime
from typing import Final

from qubix.schemas.reports import MAX_LOG_ENTRY_CHARACTERS, ReportedLog
from qubix.schemas.states import LogStream

TOTAL_BYTES: Final = 16 << 20
"""How much of one attempt's output is kept."""

# A switch between the streams makes a new entry: a job that switches with each byte must not get 16 million of them.
_ENTRY_COST: Final = 256
_ERROR_TAIL: Final = 4096
_NUL: Final = str.maketrans({"\0": "\N{REPLACEMENT CHARACTER}"})


class _Piece:
    """Consecutive output of one stream that was not sent yet."""

    __slots__ = ("at", "parts", "stream")

    def __init__(self, stream: LogStream, at: datetime) -> None:
        self.stream = stream
        self.at = at
        self.parts: list[str] = []


class OutputLog:
    """Collects output until it is taken to be sent. Not thread-safe.

    Args:
        total_bytes: when so much has been taken in, a system line says so and the rest is dropped.
    """

    def __init__(self, *, total_bytes: int = TOTAL_BYTES) -> None:
        self._decoders = {stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in LogStream}
        self._pieces: deque[_Piece] = deque()
        self._next_seq = 0
        self._total = total_bytes
        self._left = total_bytes
        self.dropped_bytes = 0
        self._error_tail = ""

    def __bool__(self) -> bool:
        return bool(self._pieces)

    @property
    def last_error_line(self) -> str:
        """The last line on stderr that says something, "" where there is none."""
        return next((line.strip()[:1000] for line in reversed(self._error_tail.splitlines()) if line.strip()), "")

    def feed(self, stream: LogStream, chunk: bytes) -> None:
        """Take in what was read. A character that is split between two chunks waits for its rest."""
        if self._left <= 0:
            self.dropped_bytes += len(chunk)
            return
        kept = chunk[: self._left]
        self.dropped_bytes += len(chunk) - len(kept)
        self._left -= len(kept)
        self._append(stream, self._decoders[stream].decode(kept))
        if self._left <= 0:
            self._left = 0
            self.system(f"The output limit of {self._total >> 20} MiB is reached: the rest is dropped.")

    def end(self, stream: LogStream) -> None:
        """The stream ended: half a character is shown as what it is."""
        self._append(stream, self._decoders[stream].decode(b"", final=True))

    def system(self, line: str) -> None:
        """A line of our own. It never counts towards the limit, so that it is always seen."""
        self._append(LogStream.SYSTEM, f"{line}\n")

    def take(self, *, entries: int, characters: int) -> list[ReportedLog]:
        """The oldest output as numbered entries, at most so many, and of about so many characters."""
        taken: list[ReportedLog] = []
        while self._pieces and len(taken) < entries and characters > 0:
            piece = self._pieces.popleft()
            text = "".join(piece.parts)
            for start in range(0, len(text), MAX_LOG_ENTRY_CHARACTERS):
                if len(taken) == entries or characters <= 0:
                    self._put_back(piece, text[start:])
                    break
                part = text[start : start + MAX_LOG_ENTRY_CHARACTERS]
                taken.append(ReportedLog(seq=self._next_seq, stream=piece.stream, text=part, at=piece.at))
                self._next_seq += 1
                characters -= len(part)
        return taken

    def _put_back(self, piece: _Piece, text: str) -> None:
        rest = _Piece(piece.stream, piece.at)
        rest.parts = [text]
        self._pieces.appendleft(rest)

    def _append(self, stream: LogStream, text: str) -> None:
        if not text:
            return
        text = text.translate(_NUL)
        if stream is LogStream.STDERR:
            self._error_tail = (self._error_tail + text[-_ERROR_TAIL:])[-_ERROR_TAIL:]
        if not self._pieces or self._pieces[-1].stream is not stream:
            self._pieces.append(_Piece(stream, datetime.now(UTC)))
            if stream is not LogStream.SYSTEM:
                self._left = max(0, self._left - _ENTRY_COST)
        self._pieces[-1].parts.append(text)
