"""Small files that hold secrets or facts: for their owner alone, and whole or not at all."""

import os
from pathlib import Path


def write_private(path: Path, text: str, *, lasting: bool = True) -> None:
    """Write a file that only its owner may read. A reader finds the old text or the new one, never a part.

    Args:
        path: of the file; its folder is there.
        text: what it is to hold.
        lasting: whether it has to outlive a power cut right afterwards, which costs a write to the disk.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    draft.replace(path)
    if lasting:
        _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
