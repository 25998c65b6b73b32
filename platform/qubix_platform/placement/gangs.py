"""Places for the workers of a gang: for all of them or for none, at one site if that can be."""

from collections.abc import Iterable, Iterator

from qubix_platform.placement.matching import Matching, Room

Place = tuple[int, tuple[int, ...]]
"""A row of the table, and the cards there."""


def take_gang(matching: Matching, room: Room, *, workers: int, last: Iterable[int] = ()) -> list[Place] | None:
    """Take room for all workers of a gang.

    Of the sites with room for all the cheapest is taken; where there is none they are spread, the cheapest machines
    first. Workers are alike, so taking them one after the other finds room for all whenever there is.

    Args:
        matching: what each worker asks for.
        room: what is free. It is changed only where all find a place.
        workers: how many.
        last: rows that come after all others.

    Returns:
        A place for each worker, by rank; None where not all find one.
    """
    rows = _in_order(matching, room, last)
    best: list[int] | None = None
    for site in sites(matching, rows):
        found = _fill(matching, room, site, workers)
        _release(matching, room, found)
        used = [row for row, _ in found]
        if len(found) == workers and (best is None or _price(matching, used) < _price(matching, best)):
            best = used
    found = _fill(matching, room, rows if best is None else dict.fromkeys(best), workers)
    if len(found) == workers:
        return found
    _release(matching, room, found)
    return None


def places_for(matching: Matching, room: Room, *, most: int) -> int:
    """For how many workers there is room, `most` at most. The room is not changed."""
    found = _fill(matching, room, (int(row) for row in matching.free_rows(room)), most)
    _release(matching, room, found)
    return len(found)


def _in_order(matching: Matching, room: Room, last: Iterable[int]) -> list[int]:
    rows, late = [int(row) for row in matching.free_rows(room)], set(last)
    return [*(row for row in rows if row not in late), *(row for row in rows if row in late)]


def sites(matching: Matching, rows: Iterable[int]) -> Iterator[list[int]]:
    """The rows of each site, in order. A machine of which nobody knows where it stands is a site of its own."""
    sites: dict[object, list[int]] = {}
    table = matching.table
    for row in rows:
        site = ("known", int(table.site[row])) if table.has_site[row] else ("machine", row)
        sites.setdefault(site, []).append(row)
    return iter(sites.values())


def _fill(matching: Matching, room: Room, rows: Iterable[int], workers: int) -> list[Place]:
    """Take room for so many workers, as many as each row holds, and for as many as there is room."""
    found: list[Place] = []
    for row in rows:
        while len(found) < workers and (cards := _fits(matching, room, row)) is not None:
            room.take(row=row, request=matching.request, cards=cards)
            found.append((row, tuple(cards)))
        if len(found) == workers:
            break
    return found


def _fits(matching: Matching, room: Room, row: int) -> list[int] | None:
    request = matching.request
    if room.cpu[row] < request.cpu_cores or room.memory[row] < request.memory_mib or room.disk[row] < request.disk_mib:
        return None
    cards = matching.choose_cards(row, room)
    return cards if len(cards) == request.gpu_count else None


def _release(matching: Matching, room: Room, found: Iterable[Place]) -> None:
    for row, cards in found:
        room.give(row=row, request=matching.request, cards=cards)


def _price(matching: Matching, rows: Iterable[int]) -> int:
    return sum(int(matching.table.price[row]) for row in rows)
