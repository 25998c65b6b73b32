"""The process that checks: reads records from its input until that ends, and writes a byte for each."""

import sys
from typing import BinaryIO

from qubix.qubic.schnorrq import flaw
from qubix_serve.signatures.records import PART_BYTES, RECORD_BYTES, write_answer


def check_all(source: BinaryIO, answers: BinaryIO) -> None:
    """Check every record of `source`, in order."""
    while len(record := source.read(RECORD_BYTES)) == RECORD_BYTES:
        public_key, digest = record[:PART_BYTES], record[PART_BYTES : 2 * PART_BYTES]
        answers.write(write_answer(flaw(public_key=public_key, digest=digest, signature=record[2 * PART_BYTES :])))
        answers.flush()


if __name__ == "__main__":
    check_all(sys.stdin.buffer, sys.stdout.buffer)
