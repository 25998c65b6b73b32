"""What the demo shows where nothing can move."""

import io

from rich.console import Console

from qubix.schemas.monitor import LogEntry
from qubix.schemas.states import JobStatus, LogStream
from qubix_serve.demo.checks import Check
from qubix_serve.demo.show import Show, brief
from tests.sdk.answers import NOW, a_job, receipt_of


def shown() -> tuple[Show, io.StringIO]:
    text = io.StringIO()
    return Show(Console(file=text, width=200)), text


def test_a_job_is_told_in_quarters() -> None:
    show, text = shown()
    with show.job("training") as view:
        for progress in range(0, 101, 5):
            line = f"epoch {progress}\n"
            view.news(LogEntry(seq=progress, attempt=1, stream=LogStream.STDOUT, text=line, at=NOW))
            view.news(a_job(status=JobStatus.RUNNING, progress=float(progress), worker_id="machine"))
    lines = text.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["0", "25", "50", "75", "100", "100"]
    assert "epoch 75" in lines[3]
    assert "machine" in lines[3]


def test_a_claim_that_does_not_hold_is_told_with_what_was_found() -> None:
    show, text = shown()
    show.check(Check(claim="it adds up", expected=1, actual=1, passed=True))
    show.check(Check(claim="it adds up", expected=1, actual=2, passed=False))
    assert text.getvalue().splitlines() == ["✓ it adds up  1", "✗ it adds up  expected 1, found 2"]


def test_a_receipt_is_told_leg_by_leg() -> None:
    show, text = shown()
    show.receipt(receipt_of(a_job()))
    assert "unused time" in text.getvalue()


def test_a_value_is_told_in_a_few_words() -> None:
    assert brief({"cost": 1, "fee": 2}) == "cost 1, fee 2"
    assert brief([(JobStatus.FAILED, 1), []]) == "FAILED, 1, none"
    assert len(brief("x" * 1000)) == 120
    assert brief("red\x1b[31m") == "red[31m"
