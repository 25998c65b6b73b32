"""The watchers of the WebSocket benchmark, against its own bare server; and how its frames are read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.children import ContenderFailed
from benchmarks.figures import Spread
from benchmarks.sockets.frames import PING, TEXT, client_frame, take_frames
from benchmarks.sockets.plain_server import plain_server
from benchmarks.sockets.run import DIRECT, PLAIN, Reach, table
from benchmarks.sockets.watchers import Plan, watching
from qubix_agent.ray_node import free_port

SOCKETS = 20


def server_frame(opcode: int, payload: bytes) -> bytes:
    """As a server sends it: without a mask."""
    size = len(payload)
    if size <= 125:
        head = bytes([size])
    elif size <= 0xFFFF:
        head = b"\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x7f" + size.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + head + payload


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([TEXT, PING]), st.sampled_from([b"", b"x", b"x" * 126, b"x" * 70_000])), max_size=5
    ),
    st.integers(5, 200).map(lambda piece: piece * piece),
)
def test_frames_are_read_whole_however_they_arrive(frames: list[tuple[int, bytes]], piece: int) -> None:
    sent = b"".join(server_frame(opcode, payload) for opcode, payload in frames)
    buffer, read = bytearray(), []
    for start in range(0, len(sent), piece):
        buffer += sent[start : start + piece]
        read += list(take_frames(buffer))
    assert read == frames
    assert not buffer


def test_every_socket_says_when_it_got_the_change_and_no_other() -> None:
    with plain_server() as server:
        plan = Plan(ports=[server.port], path="/ws", sockets=SOCKETS, seconds=20)
        with watching(plan) as watchers:
            for text in ("first", "second"):
                watchers.watch(f"the {text} change")
                server.tell("another")
                server.tell(f"the {text} change")
                assert len(watchers.arrivals()) == SOCKETS


def test_sockets_that_cannot_be_opened_are_no_measurement() -> None:
    plan = Plan(ports=[free_port()], path="/ws", sockets=1, seconds=1)
    with pytest.raises(ContenderFailed, match="opening the sockets failed"), watching(plan):
        pass


def test_a_masked_frame_hides_its_text() -> None:
    assert b"subscribe" not in client_frame(TEXT, b"subscribe:marketplace")


def test_a_server_stands_beside_the_bare_broadcast() -> None:
    ours = Reach(
        sockets=2, open_seconds=1, seconds=Spread.of([0.2, 0.4]), last_seconds=[0.4], memory_mib={"replicas": 900}
    )
    bare = Reach(sockets=2, open_seconds=1, seconds=Spread.of([0.1, 0.1]), last_seconds=[0.1], memory_mib={})
    rows = table({DIRECT: ours, PLAIN: bare}).rows
    assert [row[-2:] for row in rows] == [("4.0 ×", "replicas 900"), ("1.0 ×", "–")]
