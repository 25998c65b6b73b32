"""From what PostgreSQL wrote to its log, or what the system refused, to a sentence that says what to do. Pure."""

import errno
from pathlib import Path

from qubix_platform.database.errors import EmbeddedServerError

_SHARED_MEMORY = ("could not resize shared memory segment", "could not create shared memory", "Cannot allocate memory")


def explain_log(tail: str, *, root: Path) -> tuple[str, str]:
    """The obstacle and the remedy that the end of a server's or `initdb`'s output amounts to."""
    if "No space left on device" in tail or "Disk quota exceeded" in tail:
        return f"the disk that holds {root} is full", "Free some space on it, then start again. No data was lost."
    if "Permission denied" in tail or "has invalid permissions" in tail:
        return f"PostgreSQL may not read or write below {root}", "Look at the owner and the permissions of that folder."
    if "is not compatible with this version" in tail or "incompatible with server" in tail:
        return (
            f"the data in {root} was made by another version of PostgreSQL",
            "Use that version's QUBIX, or move the data with pg_dump; or choose another home with --home.",
        )
    if any(sign in tail for sign in _SHARED_MEMORY):
        return "there is not enough memory for it", "Free some memory, or make /dev/shm larger."
    last = [line for line in tail.splitlines() if line.strip()][-3:]
    return (
        "PostgreSQL ended with: " + " / ".join(last) if last else "PostgreSQL ended without saying why",
        f"More is in {root / 'postgres.log'}.",
    )


def explain_os_error(error: OSError, *, root: Path) -> EmbeddedServerError:
    """The sentence for an operation below `root` that the system refused."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        obstacle, remedy = explain_log("No space left on device", root=root)
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        obstacle = f"{error.filename or root} cannot be written ({error.strerror})"
        remedy = "Give yourself the right to write there, or choose another home with --home."
    else:
        obstacle, remedy = f"{error.filename or root}: {error.strerror}", f"Look at {root}."
    return EmbeddedServerError(asked="Starting the embedded database", obstacle=obstacle, remedy=remedy)
