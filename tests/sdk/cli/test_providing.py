"""Machines are taken off the market and brought back, or are said to have to be started where they are."""

import json

from tests.sdk.cli.conftest import Run
from tests.sdk.platform import FakePlatform


def test_a_machine_is_paused_and_brought_back_by_either_name(qubix: Run, platform: FakePlatform) -> None:
    code, stdout, stderr = qubix("provider", "pause", "worker-7")
    assert (code, stdout.strip(), platform.machine.is_available) == (0, str(platform.machine.id), False)
    assert "qubix provider resume" in stderr
    code, stdout, _ = qubix("provider", "resume", str(platform.machine.id), "--json")
    assert (code, json.loads(stdout)["isAvailable"], platform.machine.is_available) == (0, True, True)
    code, _, stderr = qubix("provider", "pause", "worker-8")
    assert code != 0
    assert "qubix providers --mine" in stderr


def test_a_machine_that_was_drained_is_brought_back_where_it_is(qubix: Run, platform: FakePlatform) -> None:
    code, _, stderr = qubix("provider", "drain", "worker-7")
    assert (code, platform.machine.status.value) == (0, "DRAINING")
    assert "qubix-agent join" in stderr
    code, stdout, stderr = qubix("provider", "resume", "worker-7")
    assert (code != 0, stdout) == (True, "")
    assert "leaves when what runs there has ended" in stderr
    assert "qubix-agent join" in stderr
