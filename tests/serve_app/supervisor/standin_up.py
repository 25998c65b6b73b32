"""`qubix up` with the stand-in's scheduler and API."""

import argparse
from pathlib import Path

from qubix_serve.supervisor.core import UpRequest
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.progress import JsonProgress
from qubix_serve.supervisor.run import run

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    request = UpRequest(
        http_port=arguments.port,
        chain="",
        scheduler="tests.serve_app.supervisor.standin:deploy_scheduler",
        application="tests.serve_app.supervisor.standin:build",
    )
    run(Home.locate(arguments.home), request, progress=JsonProgress())
