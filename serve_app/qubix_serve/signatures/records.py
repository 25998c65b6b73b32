"""What goes over the pipe: a signature to check, 128 bytes, and the answer, one."""

from typing import Final

from qubix.qubic.schnorrq import Flaw

PART_BYTES: Final = 32
RECORD_BYTES: Final = 4 * PART_BYTES

_ANSWERS: Final[tuple[Flaw | None, ...]] = (None, *Flaw)


def write_answer(flaw: Flaw | None) -> bytes:
    """The byte that stands for what is wrong with a signature."""
    return bytes([_ANSWERS.index(flaw)])


def read_answer(answer: bytes) -> Flaw | None:
    """What a byte stands for."""
    return _ANSWERS[answer[0]]
