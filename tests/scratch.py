"""Where tests keep what is written much and may be lost: in memory, where the machine has room."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")
_ROOM_BYTES: Final = 4 * 1024**3


def scratch() -> Path:
    """A folder for temporary folders. Copying a database there takes a tenth of the time."""
    if os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES:
        return _MEMORY
    return Path(tempfile.gettempdir())
