"""The event loop's side: hands records to the process, and gets an answer for each in turn."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from types import TracebackType
from typing import Final, Self

import structlog

from qubix.errors import TooManyRequests, Unavailable
from qubix.qubic.schnorrq import Flaw
from qubix_serve.signatures.records import PART_BYTES, RECORD_BYTES, read_answer

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 2_000
"""How many may wait, about six seconds' worth: who comes later is told to."""

_ANSWER_SECONDS: Final = 15.0
_PASSED_ON: Final = ("PATH", "PYTHONPATH", "QUBIX_PLATFORM")


class VerifierGone(Unavailable):
    """The process that checks signatures ended with some unanswered, or does not answer."""

    code = "signature_check_failed"


class TooManySignatures(TooManyRequests):
    """More signatures wait to be checked than can be in reasonable time."""

    code = "too_many_signatures"


class SignatureVerifier:
    """Checks signatures without holding up the event loop. The process is started with the first, and ends with this.

    Use it as a context manager. It belongs to one event loop.
    """

    def __init__(self) -> None:
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._waiting: deque[asyncio.Future[Flaw | None]] = deque()
        self._starting = asyncio.Lock()
        self._asking = 0

    async def flaw(self, *, public_key: bytes, digest: bytes, signature: bytes) -> Flaw | None:
        """What is wrong with a signature; see `schnorrq.flaw`.

        Raises:
            TooManySignatures: too many wait already.
            VerifierGone: it could not be checked, even by a second process.
        """
        record = public_key + digest + signature
        if len(record) != RECORD_BYTES or len(public_key) != PART_BYTES or len(digest) != PART_BYTES:
            return Flaw.MALFORMED
        if self._asking >= MOST_WAITING:
            raise TooManySignatures(
                asked="Checking a signature",
                obstacle=f"{MOST_WAITING} others wait to be checked",
                remedy="Try again in a few seconds.",
            )
        self._asking += 1
        try:
            return await self._ask(record)
        except VerifierGone:
            return await self._ask(record)
        finally:
            self._asking -= 1

    async def close(self) -> None:
        """End the process."""
        process, reading = self._process, self._reading
        self._process = self._reading = None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                process.kill()
            await process.wait()
        if reading is not None:
            await reading

    async def _ask(self, record: bytes) -> Flaw | None:
        process = await self._running()
        answer: asyncio.Future[Flaw | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        assert process.stdin is not None
        try:
            process.stdin.write(record)
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                process.kill()
            raise _gone(f"there was no answer within {_ANSWER_SECONDS:g} s") from None

    async def _running(self) -> Process:
        async with self._starting:
            if self._process is None:
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "qubix_serve.signatures.worker",
                    stdin=PIPE,
                    stdout=PIPE,
                    env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                )
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: Process) -> None:
        assert process.stdout is not None
        while answer := await process.stdout.read(1):
            waiting = self._waiting.popleft()
            if not waiting.done():  # whoever asked may have left
                waiting.set_result(read_answer(answer))
        if self._process is process:
            self._process = None
            log.error("signature_worker_ended", unanswered=len(self._waiting))
        unanswered, self._waiting = self._waiting, deque()
        for waiting in unanswered:
            if not waiting.done():
                waiting.set_exception(_gone("the process that checks them ended"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _gone(obstacle: str) -> VerifierGone:
    return VerifierGone(asked="Checking a signature", obstacle=obstacle, remedy="Try again.")
