"""Run as a process of its own: starts the server of a folder and ends, leaving it behind. Prints its process id."""

import os
import sys
from pathlib import Path

from qubix_platform.database.embedded import EmbeddedPostgres

if __name__ == "__main__":
    server = EmbeddedPostgres(Path(sys.argv[1]))
    server.start()
    os.write(1, str(server.pid).encode())
