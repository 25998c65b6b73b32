"""Whether another machine's ports can be reached from here."""

import asyncio
from collections.abc import Sequence
from typing import Final

PROBE_SECONDS: Final = 3.0


async def unreachable_ports(address: str, ports: Sequence[int]) -> list[int]:
    """Which of a machine's TCP ports do not take a connection within 3 s. All are tried at once.

    Args:
        address: of the machine.
        ports: to try.
    """
    reached = await asyncio.gather(*(_is_reached(address, port) for port in ports))
    return [port for port, is_reached in zip(ports, reached, strict=True) if not is_reached]


async def _is_reached(address: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(address, port)
    except OSError:  # refused, no route; TimeoutError is one too
        return False
    writer.close()
    return True
