"""`qubix quote` and `qubix limits` against a platform in this process."""

import json

from tests.sdk.cli.conftest import Run


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


def test_limits_are_set_shown_and_cleared(qubix: Run) -> None:
    assert "Nothing is limited" in qubix("limits")[1]
    code, stdout, _ = qubix("limits", "set", "--per-job", "500", "--total", "9000")
    assert code == 0
    assert "500 QU" in stdout
    assert "9,000 QU" in stdout
    (shown,) = json.loads(qubix("limits", "--json")[1])
    assert (shown["perJob"], shown["perDay"], shown["total"], shown["held"]) == (500, None, 9000, 3)
    assert "Nothing is limited" in qubix("limits", "clear")[1]
