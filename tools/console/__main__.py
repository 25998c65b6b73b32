"""`python -m tools.console [--force]`: builds the web console when it is stale.

`… check`: its types, lint, tests, size, and whether its client is the API's. `… npm ARGUMENT ...`: npm in `ui/`.
`… tools`: has what `make test-console` needs; exit status 69 where this machine lacks it and cannot get it.
"""

import argparse
import os
import subprocess
import sys

from tools.console.build import build
from tools.console.check import check
from tools.console.chromium import find_chromium
from tools.console.errors import ConsoleFailed, ToolMissing
from tools.console.node import environment, install_packages, npm, prepare
from tools.console.sources import PROOF, UI


def main(arguments: list[str]) -> int:
    """Build, or run npm; the exit status."""
    try:
        if arguments == ["check"]:
            check()
            return 0
        if arguments == ["tools"]:
            find_chromium()
            for folder in (UI, PROOF):
                install_packages(prepare(), folder)
            return 0
        if arguments[:1] == ["npm"]:
            node = prepare()
            install_packages(node)
            command = npm(node, arguments[1:])
            return subprocess.run(command, cwd=UI, env=environment(node), check=False).returncode
        parser = argparse.ArgumentParser(prog="python -m tools.console", description=__doc__)
        parser.add_argument("--force", action="store_true", help="build it even where it is fresh")
        build(force=parser.parse_args(arguments).force)
    except ToolMissing as error:
        print(f"console: {error}", file=sys.stderr)
        return os.EX_UNAVAILABLE
    except ConsoleFailed as error:
        print(f"console: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
