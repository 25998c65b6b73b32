"""Where a machine may stand by for a job that runs on another one, and both of them chosen together."""

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

import numpy as np

from qubix_platform.placement.model import Apart, PendingJob
from qubix_platform.placement.offers import OfferTable, Whole
from qubix_platform.placement.placing import Placed, Placing


def beside(job: PendingJob, *, owner: UUID, site: str | None) -> PendingJob:
    """A second machine for a job, wanted like any other, but of another owner and at another site than the first.

    What takes one machine away, be it its owner or a power cut, is then not likely to take both.

    Args:
        job: as it waited for its first machine.
        owner: of the first machine.
        site: where the first one stands. Where that is not known no other machine is known to stand elsewhere.
    """
    apart = Apart(owner=owner, site=None if site is None else site.casefold())
    return replace(job, is_standby=True, wants_standby=False, request=replace(job.request, apart=apart))


def place_pair(placing: Placing, job: PendingJob) -> tuple[Placed, ...]:
    """Give a job the best place that is free for which another machine can stand by, and have that one stand by.

    Where no two machines are, it has the best place that is free: it need not wait for one to stand by.

    Returns:
        The job's place and then that of its standby; the first alone where there is no other; nothing where none is.
    """
    best = placing.place(job)
    if best is None:
        return ()
    second = _second(placing, best)
    if second is not None:
        return best, second
    placing.give_back(best)
    row = _first_with_other(placing.table, placing.free_rows(job))
    chosen = best.row if row is None else row
    first = placing.take(job, chosen, best.cards if row is None else None)
    second = None if row is None else _second(placing, first)
    return (first,) if second is None else (first, second)


def _second(placing: Placing, first: Placed) -> Placed | None:
    offer = placing.table.candidates[first.row]
    return placing.place(beside(first.job, owner=offer.user_id, site=offer.site))


def _first_with_other(table: OfferTable, rows: Whole) -> int | None:
    """The first of these rows that shares neither owner nor site with some other of them."""
    known = rows[table.has_site[rows]]
    owners, sites = table.owner[known], table.site[known]
    for row, owner, site in _one_of_each(known, owners, sites):
        if np.any((owners != owner) & (sites != site)):
            return row
    return None


def _one_of_each(rows: Whole, owners: Whole, sites: Whole) -> Iterable[tuple[int, int, int]]:
    """The first row of each owner and site, in order."""
    firsts: dict[tuple[int, int], int] = {}
    for row, owner, site in zip(rows.tolist(), owners.tolist(), sites.tolist(), strict=True):
        firsts.setdefault((owner, site), row)
    return [(row, owner, site) for (owner, site), row in firsts.items()]
