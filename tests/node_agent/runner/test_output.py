from qubix.schemas.states import LogStream
from qubix_agent.runner.output import OutputLog

OUT, ERR = LogStream.STDOUT, LogStream.STDERR


def taken(log: OutputLog) -> list[tuple[int, str, str]]:
    return [(entry.seq, str(entry.stream), entry.text) for entry in log.take(entries=1000, characters=1 << 20)]


def test_a_character_that_is_split_between_chunks_stays_whole() -> None:
    log = OutputLog()
    for byte in "naïve ☃ 🚀".encode():
        log.feed(OUT, bytes([byte]))
    assert taken(log) == [(0, "stdout", "naïve ☃ 🚀")]


def test_half_a_character_at_the_end_is_shown_as_what_it_is() -> None:
    log = OutputLog()
    log.feed(OUT, "☃".encode()[:2])
    assert not log
    log.end(OUT)
    assert taken(log) == [(0, "stdout", "\N{REPLACEMENT CHARACTER}")]


def test_what_is_no_text_is_made_text() -> None:
    log = OutputLog()
    log.feed(OUT, b"\xff\x00end")
    assert taken(log) == [(0, "stdout", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}end")]


def test_the_order_of_the_streams_is_kept_and_numbers_go_on() -> None:
    log = OutputLog()
    log.feed(OUT, b"a")
    log.feed(OUT, b"b")
    log.feed(ERR, b"c")
    log.feed(OUT, b"d")
    assert taken(log) == [(0, "stdout", "ab"), (1, "stderr", "c"), (2, "stdout", "d")]
    log.system("note")
    assert taken(log) == [(3, "system", "note\n")]


def test_a_split_character_waits_for_its_own_stream() -> None:
    log = OutputLog()
    snowman = "☃".encode()
    log.feed(OUT, snowman[:1])
    log.feed(ERR, b"x")
    log.feed(OUT, snowman[1:])
    assert taken(log) == [(0, "stderr", "x"), (1, "stdout", "☃")]


def test_the_rest_is_dropped_over_the_limit_and_that_is_said() -> None:
    log = OutputLog(total_bytes=1 << 20)
    for _ in range(64):
        log.feed(OUT, b"x" * (64 << 10))
    entries = log.take(entries=10_000, characters=1 << 30)
    kept = sum(len(entry.text) for entry in entries if entry.stream is OUT)
    assert (1 << 20) - 1024 <= kept <= 1 << 20
    assert [entry.text for entry in entries if entry.stream is LogStream.SYSTEM] == [
        "The output limit of 1 MiB is reached: the rest is dropped.\n"
    ]
    assert log.dropped_bytes + kept == 4 << 20
    log.system("still heard")
    assert log


def test_many_tiny_switches_are_bounded_too() -> None:
    log = OutputLog(total_bytes=1 << 20)
    for _ in range(100_000):
        log.feed(OUT, b"o")
        log.feed(ERR, b"e")
    assert len(log.take(entries=1 << 20, characters=1 << 30)) < 5000


def test_taking_stops_at_the_bounds_and_loses_nothing() -> None:
    log = OutputLog()
    log.feed(OUT, b"y" * 200_000)
    first = log.take(entries=2, characters=1 << 20)
    assert [len(entry.text) for entry in first] == [65_536, 65_536]
    rest = log.take(entries=1000, characters=1 << 20)
    assert sum(len(entry.text) for entry in first + rest) == 200_000
    assert [entry.seq for entry in first + rest] == [0, 1, 2, 3]


def test_the_last_line_on_stderr_is_remembered() -> None:
    log = OutputLog()
    assert log.last_error_line == ""
    log.feed(ERR, b"Traceback\n  File x\nValueE")
    log.feed(ERR, b"rror: bad\n\n")
    log.feed(OUT, b"other")
    assert log.last_error_line == "ValueError: bad"
