"""From the system's words to a sentence that says what to do."""

import errno
import os
from pathlib import Path

import pytest

from qubix_platform.database.embedded.explain import explain_log, explain_os_error

ROOT = Path("/srv/qubix/postgres")


@pytest.mark.parametrize(
    ("tail", "obstacle", "remedy"),
    [
        ('FATAL:  could not write to file "pg_wal/x": No space left on device', "is full", "Free some space"),
        ('FATAL:  could not open file "x": Permission denied', "may not read or write", "permissions"),
        ('FATAL:  data directory "x" has invalid permissions', "may not read or write", "permissions"),
        (
            "DETAIL:  made by version 12, which is not compatible with this version 18.6",
            "another",
            "pg_dump",
        ),
        ("could not resize shared memory segment: Cannot allocate memory", "not enough memory", "/dev/shm"),
        ("LOG:  one\nLOG:  two\nFATAL:  three\n\n", "LOG:  one / LOG:  two / FATAL:  three", "postgres.log"),
        ("", "without saying why", "postgres.log"),
    ],
)
def test_what_the_server_wrote(tail: str, obstacle: str, remedy: str) -> None:
    found_obstacle, found_remedy = explain_log(tail, root=ROOT)
    assert obstacle in found_obstacle
    assert remedy in found_remedy


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "the disk that holds /srv/qubix/postgres is full. Free some space"),
        (errno.EDQUOT, "the disk that holds /srv/qubix/postgres is full. Free some space"),
        (errno.EACCES, "/srv/qubix cannot be written (Permission denied). Give yourself the right"),
        (errno.EROFS, "/srv/qubix cannot be written (Read-only file system). Give yourself the right"),
        (errno.EIO, "/srv/qubix: Input/output error. Look at /srv/qubix/postgres"),
    ],
)
def test_what_the_system_refused(number: int, sentence: str) -> None:
    error = OSError(number, os.strerror(number), "/srv/qubix")
    assert sentence in str(explain_os_error(error, root=ROOT))
