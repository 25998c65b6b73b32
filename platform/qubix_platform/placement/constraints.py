"""What an offer must have to fit a job, each constraint with the sentence that it gives when offers fail it.

The order matters: an offer that fails several constraints is counted in the first. Restrictions that the consumer chose
by name come first, then whether the machine can take work at all, then what it is, then what it costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from qubix.schemas.resources import WHOLE_GPU_MILLI
from qubix.schemas.states import IsolationLevel, Trust
from qubix_platform.placement.model import Request
from qubix_platform.placement.offers import MICROSECONDS, Mask, microseconds
from qubix_platform.placement.view import View
from qubix_platform.pricing.rules import highest_list_price


class ConstraintName(StrEnum):
    """The constraints in the order in which an offer is held against them."""

    PROVIDERS = "providers"
    AVOID = "avoid"
    OFFLINE = "offline"
    DRAINING = "draining"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"
    SHUNNED = "shunned"
    BROWSER = "browser"
    RESERVED = "reserved"
    DEADLINE = "deadline"
    TRUST = "trust"
    GPU_MODEL = "gpuModel"
    GPU_COUNT = "gpuCount"
    VRAM = "vram"
    COMPUTE_CAPABILITY = "computeCapability"
    INTERCONNECT = "interconnect"
    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    PRICE = "price"
    LOCATION = "location"
    RELIABILITY = "reliability"
    ISOLATION = "isolation"
    LABELS = "labels"
    OWNER = "owner"
    SITE = "site"
    ANTI_AFFINITY = "antiAffinity"
    GANG = "gang"
    BUSY = "busy"
    KEPT = "kept"
    QUOTA = "quota"


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """One condition on an offer.

    Attributes:
        passes: the machines that meet it, taken by itself.
        sentence: what is wrong with those that fail it: singular and plural verb, and the rest.
        concerns: whether the request asks for it at all; if not, every machine passes.
    """

    name: ConstraintName
    passes: Callable[[View], Mask]
    sentence: Callable[[Request], tuple[str, str, str]]
    concerns: Callable[[Request], bool] = lambda _: True

    def message(self, request: Request, *, count: int) -> str:
        """The sentence for `count` offers: "7 have less than 24,576 MiB of VRAM"."""
        singular, plural, rest = self.sentence(request)
        return f"{count:,} {singular if count == 1 else plural} {rest}"


def _listed(view: View) -> Mask:
    mask = np.zeros(len(view.table), bool)
    rows = [row for worker in view.request.providers if (row := view.table.row_of_worker.get(worker)) is not None]
    mask[rows] = True
    return mask


def _not_avoided(view: View) -> Mask:
    mask = view.all_rows.copy()
    mask[[row for worker in view.request.avoid if (row := view.table.row_of_worker.get(worker)) is not None]] = False
    return mask


def _elsewhere(view: View) -> Mask:
    """Machines that are known to stand somewhere else."""
    apart, table = view.request.apart, view.table
    if apart is None or apart.site is None:
        return np.zeros(len(table), bool)
    elsewhere: Mask = table.has_site & (table.site != table.site_coded(apart.site))
    return elsewhere


def _of_another_owner(view: View) -> Mask:
    assert view.request.apart is not None, "nobody asks otherwise"
    others: Mask = view.table.owner != view.table.owner_coded(view.request.apart.owner)
    return others


def _affordable(view: View) -> Mask:
    affordable: Mask = view.table.price <= highest_unit_price(view.request)
    affordable[list(view.term.prepaid)] = True
    return affordable


def _not_reserved(view: View) -> Mask:
    mask = view.all_rows.copy()
    mask[list(view.term.closed)] = False
    return mask


def _kept_apart(view: View) -> Mask:
    mask = view.all_rows.copy()
    mask[list(view.term.apart)] = False
    return mask


def _apart_sentence(request: Request) -> tuple[str, str, str]:
    asked = request.anti_affinity
    assert asked is not None, "nobody else is kept apart"
    return "is", "are", f"too near to another job of the group {asked.group} (kept apart by {asked.scope})"


def _connected(view: View) -> Mask:
    assert view.request.interconnect is not None, "nobody asks otherwise"
    connected: Mask = view.table.interconnect >= view.request.interconnect.rank
    return connected


def _fast_enough(view: View) -> Mask:
    due = view.request.due
    assert due is not None, "it is asked of requests that have one"
    left = (microseconds(due.at) - view.at) / MICROSECONDS
    if left <= 0:
        return ~view.all_rows
    fast: Mask = view.table.tflops >= due.compute / left
    return fast


def _deadline_sentence(request: Request) -> tuple[str, str, str]:
    by = "" if request.due is None else f" by {request.due.at:%Y-%m-%d %H:%M} UTC"
    return "is", "are", f"too slow to be done{by}"


def _isolated(view: View) -> Mask:
    enough: Mask = view.table.isolation >= view.request.isolation_level.rank
    # Without any sandbox there is nothing between the job and the machine: only its owner may do that to it.
    own: Mask = view.table.owner == view.table.owner_coded(view.request.user_id)
    return enough & ((view.table.isolation > IsolationLevel.NONE.rank) | own)


def highest_unit_price(request: Request) -> int:
    """The highest list price of a provider, QU per hour, at which the request's cap, or its bid, will do."""
    most = highest_list_price(request.max_price) if request.is_spot else request.max_price
    if request.gpu_count == 0:
        return most
    return most * WHOLE_GPU_MILLI // (request.gpu_count * request.gpu_share_milli)


def spoken_labels(labels: tuple[tuple[str, str], ...]) -> str:
    """Labels as a person writes them."""
    return " and ".join(f"{name}={value}" for name, value in labels)


def _price_sentence(request: Request) -> tuple[str, str, str]:
    if request.is_spot:
        return "is", "are", f"not let for a bid of {request.max_price:,} QU per hour"
    return "costs", "cost", f"more than {request.max_price:,} QU per hour"


def _isolation_sentence(request: Request) -> tuple[str, str, str]:
    if request.isolation_level is IsolationLevel.NONE:
        return "has", "have", "no sandbox, so only the owner's jobs run there"
    return "isolates", "isolate", f"jobs less than {request.isolation_level}"


def _capability_sentence(request: Request) -> tuple[str, str, str]:
    major, minor = request.min_compute_capability or (0, 0)
    return "has", "have", f"a compute capability below {major}.{minor}"


def _count_sentence(request: Request) -> tuple[str, str, str]:
    such = "such " if request.gpu_models else ""
    return "has", "have", f"fewer than {request.gpu_count} {such}GPUs"


def _needs_gpu(request: Request) -> bool:
    return request.gpu_count > 0


FIXED: Final[tuple[Constraint, ...]] = (
    Constraint(
        name=ConstraintName.PROVIDERS,
        concerns=lambda request: bool(request.providers),
        passes=_listed,
        sentence=lambda _: ("is", "are", "not among the machines that the job names"),
    ),
    Constraint(
        name=ConstraintName.AVOID,
        concerns=lambda request: bool(request.avoid),
        passes=_not_avoided,
        sentence=lambda _: ("is", "are", "among the machines that the job avoids"),
    ),
    Constraint(
        name=ConstraintName.OFFLINE,
        passes=lambda view: ~view.table.offline,
        sentence=lambda _: ("is", "are", "offline"),
    ),
    Constraint(
        name=ConstraintName.DRAINING,
        passes=lambda view: ~view.table.draining,
        sentence=lambda _: ("is", "are", "draining, with no new work taken"),
    ),
    Constraint(
        name=ConstraintName.PAUSED,
        passes=lambda view: ~view.table.paused,
        sentence=lambda _: ("is", "are", "paused by the owner"),
    ),
    Constraint(
        name=ConstraintName.UNREACHABLE,
        passes=lambda view: ~view.table.unreachable,
        sentence=lambda _: ("has", "have", "no live Ray node"),
    ),
    Constraint(
        name=ConstraintName.SHUNNED,
        passes=lambda view: view.table.shunned_until <= view.at,
        sentence=lambda _: ("rests", "rest", "for some seconds after a failure"),
    ),
    Constraint(
        name=ConstraintName.BROWSER,
        passes=lambda view: ~view.table.browser,
        sentence=lambda _: ("is a browser", "are browsers", "without Python"),
    ),
    Constraint(
        name=ConstraintName.RESERVED,
        passes=_not_reserved,
        sentence=lambda _: ("is", "are", "reserved by others for some of the time that the job may take"),
    ),
    Constraint(
        name=ConstraintName.DEADLINE,
        concerns=lambda request: request.due is not None,
        passes=_fast_enough,
        sentence=_deadline_sentence,
    ),
    Constraint(
        name=ConstraintName.TRUST,
        concerns=lambda request: request.trust is not None,
        passes=lambda view: view.table.member if view.request.trust is Trust.MEMBER else ~view.table.member,
        sentence=lambda request: ("is not", "are not", f"of trust {request.trust}"),
    ),
    Constraint(
        name=ConstraintName.GPU_MODEL,
        concerns=lambda request: request.gpu_count > 0 and bool(request.gpu_models),
        passes=lambda view: view.has_enough(view.cards_of_model, 1),
        sentence=lambda request: ("has", "have", f"no {' or '.join(request.gpu_models)}"),
    ),
    Constraint(
        name=ConstraintName.GPU_COUNT,
        concerns=_needs_gpu,
        passes=lambda view: view.has_enough(view.cards_of_model, view.request.gpu_count),
        sentence=_count_sentence,
    ),
    Constraint(
        name=ConstraintName.VRAM,
        concerns=lambda request: request.gpu_count > 0 and request.min_vram_mib > 0,
        passes=lambda view: view.has_enough(view.cards_with_vram, view.request.gpu_count),
        sentence=lambda request: ("has", "have", f"less than {request.min_vram_mib:,} MiB of VRAM"),
    ),
    Constraint(
        name=ConstraintName.COMPUTE_CAPABILITY,
        concerns=lambda request: request.gpu_count > 0 and request.min_compute_capability is not None,
        passes=lambda view: view.has_enough(view.eligible_cards, view.request.gpu_count),
        sentence=_capability_sentence,
    ),
    Constraint(
        name=ConstraintName.INTERCONNECT,
        concerns=lambda request: request.gpu_count > 0 and request.interconnect is not None,
        passes=_connected,
        sentence=lambda request: (
            "does not connect",
            "do not connect",
            f"GPUs with each other by {request.interconnect}",
        ),
    ),
    Constraint(
        name=ConstraintName.CPU,
        passes=lambda view: view.table.cpu >= view.request.cpu_cores,
        sentence=lambda request: ("has", "have", f"fewer than {request.cpu_cores} CPU cores"),
    ),
    Constraint(
        name=ConstraintName.MEMORY,
        passes=lambda view: view.table.memory >= view.request.memory_mib,
        sentence=lambda request: ("has", "have", f"less than {request.memory_mib:,} MiB of RAM"),
    ),
    Constraint(
        name=ConstraintName.DISK,
        passes=lambda view: view.table.disk >= view.request.disk_mib,
        sentence=lambda request: ("has", "have", f"less than {request.disk_mib:,} MiB of disk"),
    ),
    Constraint(
        name=ConstraintName.PRICE,
        passes=_affordable,
        sentence=_price_sentence,
    ),
    Constraint(
        name=ConstraintName.LOCATION,
        concerns=lambda request: bool(request.locations),
        passes=lambda view: np.isin(view.table.location, view.table.locations_coded(view.request.locations)),
        sentence=lambda request: ("is not", "are not", f"in {' or '.join(request.locations)}"),
    ),
    Constraint(
        name=ConstraintName.RELIABILITY,
        concerns=lambda request: request.min_reliability > 0,
        passes=lambda view: view.table.reliability >= view.request.min_reliability,
        sentence=lambda request: ("has", "have", f"a reliability below {request.min_reliability:g}"),
    ),
    Constraint(
        name=ConstraintName.ISOLATION,
        passes=_isolated,
        sentence=_isolation_sentence,
    ),
    Constraint(
        name=ConstraintName.LABELS,
        concerns=lambda request: bool(request.labels),
        passes=lambda view: view.table.labelled(view.request.labels),
        sentence=lambda request: ("is not", "are not", f"labelled {spoken_labels(request.labels)}"),
    ),
    Constraint(
        name=ConstraintName.OWNER,
        concerns=lambda request: request.apart is not None,
        passes=_of_another_owner,
        sentence=lambda _: ("belongs", "belong", "to the owner of the first machine"),
    ),
    Constraint(
        name=ConstraintName.SITE,
        concerns=lambda request: request.apart is not None,
        passes=_elsewhere,
        sentence=lambda _: ("may stand", "may stand", "at the site of the first machine"),
    ),
    Constraint(
        name=ConstraintName.ANTI_AFFINITY,
        concerns=lambda request: request.anti_affinity is not None,
        passes=_kept_apart,
        sentence=_apart_sentence,
    ),
)
"""Every constraint that does not depend on what is taken at the moment; `busy` comes after them, in `matching`."""
