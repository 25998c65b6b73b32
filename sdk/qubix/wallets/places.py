"""Whether an address is the one that a sign-in is for. Pure."""

import ipaddress
from urllib.parse import SplitResult, urlsplit


def is_same_place(origin: str, domain: str) -> bool:
    """Whether a page of this origin belongs to the domain. On one machine, all ports and names of it do."""
    try:
        page, ours = urlsplit(origin), urlsplit(f"//{domain}")
        if is_on_this_machine(ours) and is_on_this_machine(page):
            return True
        return bool(page.netloc) and page.netloc.lower() == domain.lower()
    except ValueError:
        return False


def is_on_this_machine(place: SplitResult) -> bool:
    """Whether an address means the machine on which it is used."""
    host = place.hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
