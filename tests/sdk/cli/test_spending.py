"""`qubix quote` and `qubix limits` against a platform in this process."""

import json
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from qubix.schemas.states import JobStatus
from tests.sdk.cli.conftest import Run
from tests.sdk.platform import FakePlatform


def test_quote_says_what_a_job_costs_and_how_long_the_balance_lasts(qubix: Run) -> None:
    code, stdout, stderr = qubix("quote", "--gpu", "A100", "--max-price", "7200", "--timeout", "30m")
    assert (code, stderr) == (0, "")
    for words in ("3,600 QU", "1,800 QU", "3,600 QU per hour on rig-1", "5,400 QU", "1h30m"):
        assert words in stdout
    assert "settled every" not in stdout


def test_quote_says_what_stands_in_the_way_of_a_long_job(qubix: Run) -> None:
    code, stdout, stderr = qubix("quote", "--max-price", "7200", "--timeout", "10h")
    assert code == 0
    assert "settled every" in stdout
    assert "could not be created now: the balance does not cover it" in stderr
    code, stdout, _ = qubix("quote", "--timeout", "10h", "--json")
    assert json.loads(stdout)["maximumCost"] is None


def test_quote_asks_what_if_some_options_were_others(qubix: Run) -> None:
    code, stdout, _ = qubix(
        "quote", "--max-price", "7200", "--prefer", "value", "--what-if", "max_price=3600", "--what-if", "timeout=2h"
    )
    assert code == 0
    assert "What if:" in stdout
    assert "- 3600 7200 value" in stdout
    code, _, stderr = qubix("quote", "--what-if", "colour=red")
    assert code != 0
    assert "no option is called colour" in stderr


def test_limits_are_set_shown_and_cleared(qubix: Run) -> None:
    assert "Nothing is limited" in qubix("limits")[1]
    code, stdout, _ = qubix("limits", "set", "--per-job", "500", "--total", "9000")
    assert code == 0
    assert "500 QU" in stdout
    assert "9,000 QU" in stdout
    (shown,) = json.loads(qubix("limits", "--json")[1])
    assert (shown["perJob"], shown["perDay"], shown["total"], shown["held"]) == (500, None, 9000, 3)
    assert "Nothing is limited" in qubix("limits", "clear")[1]


def test_following_says_once_that_the_money_ends_and_once_that_it_does_not(
    qubix: Run, platform: FakePlatform, tmp_path: Path
) -> None:
    ends_at = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
    running = JobStatus.RUNNING
    platform.default_script = ((running, ()), (running, ()), (running, ()), (running, ()), (JobStatus.COMPLETED, ()))
    platform.funds = deque([None, ends_at, ends_at, None, None])
    script = tmp_path / "long.py"
    script.write_text("pass")
    code, _, stderr = qubix("submit", str(script), "--max-price", "1", "--timeout", "10h", "--follow")
    assert code == 0
    assert stderr.count("the job ends at 12:30:00 UTC. Add funds.") == 1
    assert stderr.count("covers the job's time again") == 1
