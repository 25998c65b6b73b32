"""As much of RFC 6455 as watching needs: a client's handshake, its frames, and the server's taken apart.

A library's cost for each message would be measured as if it were the platform's.
"""

import base64
import os
import struct
from collections.abc import Iterator
from typing import Final

TEXT: Final = 0x1
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA

_SHORT: Final = 125
_MEDIUM: Final = 126
_LONG: Final = 127
_MASKED: Final = 0x80
_LAST: Final = 0x80


def handshake(*, host: str, port: int, path: str) -> bytes:
    """The request that opens a WebSocket (section 4.1)."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}:{port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def client_frame(opcode: int, payload: bytes) -> bytes:
    """One whole frame of at most 65,535 bytes, masked as a client's has to be (section 5.3)."""
    mask = os.urandom(4)
    if len(payload) <= _SHORT:
        head = bytes([_LAST | opcode, _MASKED | len(payload)])
    else:
        head = struct.pack("!BBH", _LAST | opcode, _MASKED | _MEDIUM, len(payload))
    repeated = mask * (len(payload) // 4 + 1)
    return head + mask + bytes(byte ^ key for byte, key in zip(payload, repeated, strict=False))


def take_frames(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Opcode and payload of each frame that is whole; they are taken out of `buffer` (section 5.2)."""
    while len(buffer) >= 2:
        length, start = buffer[1] & 0x7F, 2
        if length == _MEDIUM:
            start = 4
        elif length == _LONG:
            start = 10
        if len(buffer) < start:
            return
        if start > 2:
            length = int.from_bytes(buffer[2:start], "big")
        end = start + length
        if len(buffer) < end:
            return
        opcode, payload = buffer[0] & 0x0F, bytes(buffer[start:end])
        del buffer[:end]
        yield opcode, payload
