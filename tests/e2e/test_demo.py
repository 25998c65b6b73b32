"""The demo as a person runs it, from beginning to end."""

import json
import os
import subprocess
import sys

import pytest

from tests.platform_process import new_port


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_every_claim_of_the_demo_holds() -> None:
    command = [sys.executable, "-m", "qubix", "demo", "--json", "--seconds", "10", "--port", str(new_port())]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=os.sep, timeout=800)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["passed"]
    assert [check["claim"] for check in told["checks"] if not check["passed"]] == []
    failover = told["facts"]["failover"]
    assert failover["receipt"]["lostSecondsUnbilled"] > 0
    assert failover["secondsToTheFirstLineElsewhere"] < 60
    assert told["facts"]["ledger"]["mismatches"] == []
