"""`python -m qubix_platform.qubic.devnet --data FOLDER --port PORT`: a devnet in a process of its own."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from qubix.errors import QubixError
from qubix_platform.qubic.devnet.node import SHORTEST_TICK_MS
from qubix_platform.qubic.devnet.server import listen, make_server
from qubix_platform.qubic.devnet.wire import NAME


def main(arguments: list[str]) -> int:
    """Run until SIGTERM or Ctrl-C."""
    options = _parser().parse_args(arguments)
    if 0 < options.tick_ms < SHORTEST_TICK_MS:
        _say("refused", reason=f"a tick takes {SHORTEST_TICK_MS} ms at least")
        return 2
    try:
        server = make_server(options.data, tick_ms=options.tick_ms, seed=options.seed)
        sock = listen(host=options.host, port=options.port)
    except (QubixError, OSError) as error:
        _say("refused", reason=str(error))
        return 1
    port = sock.getsockname()[1]
    _say("listening", url=f"http://{options.host}:{port}", data=str(options.data), tickMs=options.tick_ms)
    server.run(sockets=[sock])  # a signal that ends it is raised again after it
    _say("broken", reason="its clock ended; see above")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m qubix_platform.qubic.devnet", description=NAME)
    parser.add_argument("--data", type=Path, required=True, help="folder of the chain; it goes on where it was")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; the first line names it")
    parser.add_argument("--tick-ms", type=int, default=1000, help="from tick to tick; 0: moved by hand")
    parser.add_argument("--seed", type=int, default=0, help="of the faults")
    return parser


def _say(event: str, **facts: Any) -> None:
    """One line of JSON, which names the network."""
    sys.stdout.write(json.dumps({"network": NAME, "event": event, **facts}) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
