"""What a socket has been sent, whatever it asks for and in which order."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from qubix.schemas.states import EventType
from qubix_platform.events.cursor import Cursor
from qubix_platform.events.models import Event
from qubix_serve.live.reading import Reading

TOPICS = ("a", "b", "c")
SETS = st.lists(st.sets(st.sampled_from(TOPICS), min_size=1), max_size=12)


def _event(number: int, topics: frozenset[str] | set[str]) -> Event:
    return Event(
        cursor=Cursor(xid=number, id=1),
        type=EventType.JOB_PROGRESS,
        topics=tuple(sorted(topics)),
        data={},
        created_at=datetime.now(UTC),
    )


def test_nothing_is_due_before_the_first_topic() -> None:
    reading = Reading()
    assert not reading.is_due(_event(5, {"a"}))
    assert reading.place is None


def test_a_topic_begins_after_its_floor() -> None:
    reading = Reading()
    reading.begin(["a"], floor=Cursor(xid=1, id=0))
    reading.begin(["b"], floor=Cursor(xid=4, id=0))
    assert [reading.is_due(_event(number, {"b"})) for number in (3, 4, 5)] == [False, True, True]
    assert reading.is_due(_event(3, {"a", "b"}))


@given(stream=SETS, joined=st.integers(0, 12), since=st.integers(0, 12))
def test_every_event_of_a_late_topic_comes_once(stream: list[set[str]], joined: int, since: int) -> None:
    """One topic from the beginning; another joins after some events, and asks for what came after an older one."""
    events = [_event(number, topics) for number, topics in enumerate(stream, start=1)]
    reading, sent = Reading(), []
    reading.begin(["a"], floor=Cursor(xid=0, id=0))

    def live(event: Event) -> None:
        if reading.is_due(event):
            sent.append(event)
        reading.advance(event.cursor)

    for event in events[:joined]:
        live(event)
    floor = Cursor(xid=since, id=1)
    place = reading.place
    assert place is not None
    for event in events:
        is_missing = floor < event.cursor <= place and "b" in event.topics and not reading.was_sent(event)
        if is_missing:
            sent.append(event)
    reading.begin(["b"], floor=floor)
    for event in events:  # a replay, and what the queue brings again
        live(event)

    wanted = [event for event in events if "a" in event.topics or ("b" in event.topics and event.cursor > floor)]
    assert sorted(sent, key=lambda event: event.cursor) == wanted
