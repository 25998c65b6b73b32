"""What people are shown."""

from datetime import UTC, datetime, timedelta

import pytest

from qubix.cli.follow import Lines
from qubix.cli.output import ago, clean, qu
from qubix.schemas.monitor import LogEntry
from qubix.schemas.states import LogStream

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def entry(text: str, stream: LogStream = LogStream.STDOUT) -> LogEntry:
    return LogEntry(seq=0, attempt=1, stream=stream, text=text, at=NOW)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("plain\ttext\nof two lines", "plain\ttext\nof two lines"),
        ("\x1b]0;title\x07\x1b[31mred", "]0;title[31mred"),
        ("10%\r50%\r100%\r", "100%"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("größe 日本 ✓", "größe 日本 ✓"),
    ],
)
def test_what_strangers_write_cannot_steer_the_terminal(given: str, shown: str) -> None:
    assert clean(given) == shown


def test_pieces_become_lines_each_stream_for_itself() -> None:
    lines = Lines()
    shown = [*lines.feed(entry("ep")), *lines.feed(entry("warn", LogStream.STDERR)), *lines.feed(entry("och 1\nepo"))]
    assert shown == [(LogStream.STDOUT, "epoch 1")]
    assert list(lines.rest()) == [(LogStream.STDOUT, "epo"), (LogStream.STDERR, "warn")]
    assert list(lines.rest()) == []


def test_amounts_and_ages() -> None:
    assert (qu(1_234_567), qu(None)) == ("1,234,567 QU", "–")
    assert [ago(NOW - timedelta(seconds=age), NOW) for age in (5, 65, 7300, 200_000)] == [
        "5s ago",
        "1m ago",
        "2h ago",
        "2d ago",
    ]
    assert ago(None) == "never"
