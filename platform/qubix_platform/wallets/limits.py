"""How often somebody may ask for something to sign: each challenge is a row that anybody can have made."""

import ipaddress
from datetime import datetime, timedelta
from math import ceil
from typing import Final

WINDOW: Final = timedelta(minutes=1)
MOST_OF_AN_ADDRESS: Final = 10
"""Challenges of one wallet within the window."""
MOST_OF_A_CLIENT: Final = 60
"""Challenges that one client asks for within the window: an office may be behind one address."""

_IPV6_OF_ONE: Final = 64


def client_of(host: str | None) -> str | None:
    """What one client is known by: an address, of IPv6 the network that a household has; None where nobody knows."""
    if host is None:
        return None
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_OF_ONE), strict=False))


def seconds_to_wait(*reached: datetime | None, now: datetime) -> int:
    """Whole seconds until another challenge may be asked for; 0 for at once.

    Args:
        reached: for each limit, when the challenge was issued that has to leave the window first; None where that many
            were not issued within it.
        now: the time.
    """
    return max((ceil((at + WINDOW - now).total_seconds()) for at in reached if at is not None), default=0)
