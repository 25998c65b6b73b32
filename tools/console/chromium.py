"""The browser that the console is tried in: Debian's Chromium, or the one that `QUBIX_CHROMIUM` names."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from tools.console.errors import ToolMissing
from tools.console.node import say

VARIABLE: Final = "QUBIX_CHROMIUM"
# Without these it looks for servers of its maker's at every start, and waits for them.
ARGUMENTS: Final = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-sandbox",
    # It has no GPU: so that pages meet the adapter that draws on the CPU, as they would in a virtual machine.
    "--enable-unsafe-webgpu",
)


def find_chromium() -> Path:
    """The program; no wheel ships one, so Debian's package is installed where it is missing and that is allowed.

    Raises:
        ToolMissing: there is none.
    """
    found = _find()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing Debian's chromium")
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "-qq", *step], env=quiet, stdout=subprocess.DEVNULL, check=False)
        found = _find()
    if found is None:
        raise ToolMissing(f"there is no Chromium: apt-get install chromium, or name one in {VARIABLE}")
    return found


def _find() -> Path | None:
    if named := os.environ.get(VARIABLE):
        if not os.access(named, os.X_OK):
            raise ToolMissing(f"{VARIABLE} names {named}, which is no program")
        return Path(named)
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return None if found is None else Path(found)
