"""When a call is sent again."""

from qubix.calls import Call, Reply
from qubix.flows import Pace
from qubix.retries import RetryPolicy

GET: Call[None] = Call(asked="", method="GET", path="/", parse=lambda _: None)
POST: Call[None] = Call(asked="", method="POST", path="/", parse=lambda _: None)
POLICY = RetryPolicy(retries=4, first_seconds=1, cap_seconds=5, jitter=lambda: 1.0)


def reply(status: int, **headers: str) -> Reply:
    return Reply(status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=b"")


def test_pauses_double_up_to_a_cap_and_then_it_gives_up() -> None:
    assert [POLICY.after_loss(GET, sent=sent) for sent in range(1, 6)] == [1, 2, 4, 5, None]


def test_jitter_spreads_the_upper_half() -> None:
    assert RetryPolicy(first_seconds=1, jitter=lambda: 0.0).after_loss(GET, sent=1) == 0.5


def test_only_what_may_be_repeated_is() -> None:
    assert POLICY.after_loss(POST, sent=1) is None
    assert POLICY.after_reply(POST, reply(503), sent=1) is None
    keyed: Call[None] = Call(asked="", method="POST", path="/", parse=lambda _: None, headers={"Idempotency-Key": "k"})
    assert POLICY.after_loss(keyed, sent=1) == 1


def test_the_server_may_ask_for_patience_within_bounds() -> None:
    assert POLICY.after_reply(GET, reply(503, retry_after="3"), sent=1) == 3
    assert POLICY.after_reply(GET, reply(503, retry_after="3600"), sent=1) == 5
    assert POLICY.after_reply(GET, reply(503, retry_after="tomorrow"), sent=1) == 1
    assert [POLICY.after_reply(GET, reply(status), sent=1) for status in (200, 404, 429, 500)] == [None] * 4


def test_looks_slow_down_while_nothing_moves_and_hurry_when_it_does() -> None:
    pace = Pace(first=0.1, cap=0.2)
    assert [round(pace.pause().seconds, 3) for _ in range(4)] == [0.1, 0.15, 0.2, 0.2]
    pace.changed()
    assert pace.pause().seconds == 0.1
    assert pace.pause(at_most=0.05).seconds == 0.05
