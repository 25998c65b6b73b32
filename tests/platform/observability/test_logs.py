"""What a process of the platform logs: JSON lines, and never a secret. In a process of its own, as it is set once."""

import json
import subprocess
import sys

SPEAKS = """
import structlog
from qubix_platform.observability.logs import configure_logs
configure_logs()
structlog.contextvars.bind_contextvars(job_id="j-1")
log = structlog.get_logger()
log.debug("too_quiet")
log.info("signed_in", worker_token="qbx_wrk_1", password="p", authorization="Bearer x", monkey="not secret")
try:
    raise ValueError("it broke")
except ValueError:
    log.exception("failed")
"""


def test_lines_are_json_with_their_ids_and_without_secrets() -> None:
    said = subprocess.run([sys.executable, "-c", SPEAKS], capture_output=True, text=True, check=True)
    signed_in, failed = (json.loads(line) for line in said.stderr.splitlines())
    assert (signed_in["event"], signed_in["level"], signed_in["job_id"]) == ("signed_in", "info", "j-1")
    assert {signed_in[name] for name in ("worker_token", "password", "authorization")} == {"…"}
    assert signed_in["monkey"] == "not secret"
    assert "ValueError: it broke" in failed["exception"]
    assert said.stdout == ""
