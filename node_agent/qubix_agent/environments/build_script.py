"""Run inside the build's sandbox: makes the virtual environment and lets pip fill it.

Standard library alone. `sys.argv[1]` is JSON: `{"egress": path of the proxy's socket or null, "environment": where,
"pip": arguments of `pip install`, "cores": to compile with}`. pip speaks HTTP only, so a listener on the sandbox's own
loopback hands its connections on to the socket.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import venv


def carry(source: socket.socket, target: socket.socket) -> None:
    """Carry bytes one way until there are no more."""
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # Either end is gone: so must the other be, or pip would wait for it.
        source.close()
        target.close()


def forward(listener: socket.socket, path: str) -> None:
    """Hand every connection on to the socket at `path`."""
    while True:
        client, _ = listener.accept()
        proxy = socket.socket(socket.AF_UNIX)
        proxy.connect(path)
        for ends in ((client, proxy), (proxy, client)):
            threading.Thread(target=carry, args=ends, daemon=True).start()


def main() -> int:
    """Build; the exit code is pip's."""
    order = json.loads(sys.argv[1])
    os.umask(0o022)
    options = []
    if order["egress"]:
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=forward, args=(listener, order["egress"]), daemon=True).start()
        options = ["--proxy", f"http://127.0.0.1:{listener.getsockname()[1]}"]
    venv.create(order["environment"], symlinks=True, with_pip=False)
    python = os.path.join(order["environment"], "bin", "python")  # noqa: PTH118  pathlib is not needed for one path
    line = [sys.executable, "-m", "pip", "--python", python, "install", "--no-compile", *options, *order["pip"]]
    code = subprocess.call(line, stderr=subprocess.STDOUT)
    if code == 0:
        # Jobs cannot write to the environment, so this is the last chance; on all cores, where pip would take one.
        # Never by the environment's own python: it would run what the packages have it run when it starts, which must
        # not see how the owner's index is reached.
        compile_all = ["-I", "-S", "-m", "compileall", "-q", "-q", "-j", str(order["cores"])]
        subprocess.call([sys.executable, *compile_all, order["environment"] + "/lib"])
    return code


sys.exit(main())
