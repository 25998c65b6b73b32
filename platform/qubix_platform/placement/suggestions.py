"""A change of a request that would let it run, found by trying it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from qubix.schemas.base import MAX_QU
from qubix.schemas.states import IsolationLevel
from qubix_platform.placement.constraints import ConstraintName
from qubix_platform.placement.matching import Matching, Room, match
from qubix_platform.placement.model import Candidate, GpuState, Policy, Request
from qubix_platform.pricing.rates import hourly_price


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A changed request that fits `fitting` offers, of which `free` could take it now."""

    request: Request
    change: str
    fitting: int
    free: int

    @property
    def text(self) -> str:
        """The suggestion as a sentence: "raise maxPrice to 450 QU per hour: 3 offers would take it now"."""
        count = self.free or self.fitting
        offers = "1 offer" if count == 1 else f"{count:,} offers"
        return f"{self.change}: {offers} would {'take it now' if self.free else 'fit, though busy now'}"


@dataclass(frozen=True, kw_only=True)
class _Choice:
    """The offer that a widened request comes to: its eligible cards, and what the request could have of it."""

    offer: Candidate
    gpus: tuple[GpuState, ...]
    cpu_cores: int
    memory_mib: int


@dataclass(frozen=True, kw_only=True)
class _Relaxation:
    """One constraint that can be given up.

    Attributes:
        widen: the request without it.
        tighten: the least change of the request with which the chosen offer fits.
        describe: the change as an order to the reader.
    """

    constraint: ConstraintName
    widen: Callable[[Request], Request]
    tighten: Callable[[Request, _Choice], Request]
    describe: Callable[[Request], str]


def suggest(matching: Matching, room: Room, *, at: int, policy: Policy) -> Suggestion | None:
    """The first single change that lets the request run now, else the first with which it would at least fit.

    A request that fits offers which are busy is only helped by a change that lets it run now.
    """
    later: Suggestion | None = None
    fits = len(matching.rows) > 0
    failed = {name for name, _ in matching.rejected} | (_WHEN_BUSY if fits else frozenset())
    for relaxation in _RELAXATIONS:
        suggestion = _try(relaxation, matching, room, at=at, policy=policy) if relaxation.constraint in failed else None
        if suggestion is not None and suggestion.free:
            return suggestion
        if later is None and not fits:
            later = suggestion
    return later


def _try(relaxation: _Relaxation, matching: Matching, room: Room, *, at: int, policy: Policy) -> Suggestion | None:
    wide = match(matching.table, relaxation.widen(matching.request), at=at, policy=policy)
    choice = _choose(wide, room)
    if choice is None:
        return None
    changed = relaxation.tighten(matching.request, choice)
    checked = match(matching.table, changed, at=at, policy=policy)
    if not len(checked.rows):
        return None
    return Suggestion(
        request=changed,
        change=relaxation.describe(changed),
        fitting=len(checked.rows),
        free=len(checked.free_rows(room)),
    )


def _choose(wide: Matching, room: Room) -> _Choice | None:
    free = wide.free_rows(room)
    if not len(wide.rows):
        return None
    table = wide.table
    row = int(free[0] if len(free) else wide.rows[0])
    first = int(table.first_card[row])
    cards = [card for card in range(first, first + len(table.candidates[row].gpus)) if wide.cards[card]]
    if len(free):
        cards = [card for card in cards if room.cards[card] >= wide.request.gpu_share_milli]
    return _Choice(
        offer=table.candidates[row],
        gpus=tuple(table.card_gpu[card] for card in cards),
        cpu_cores=int((room.cpu if len(free) else table.cpu)[row]),
        memory_mib=int((room.memory if len(free) else table.memory)[row]),
    )


def _any_location_or(request: Request, choice: _Choice) -> Request:
    location = choice.offer.location
    return replace(request, locations=(*request.locations, location) if location else ())


def _price_of(request: Request, choice: _Choice) -> Request:
    price = hourly_price(
        price_per_hour=choice.offer.price_per_hour,
        gpu_count=request.gpu_count,
        share_milli=request.gpu_share_milli,
    )
    return replace(request, max_price=max(request.max_price, price))


def _vram_of(request: Request, choice: _Choice) -> Request:
    largest = sorted((gpu.vram_mib for gpu in choice.gpus), reverse=True)
    return replace(request, min_vram_mib=min(request.min_vram_mib, largest[request.gpu_count - 1]))


def _gpus(count: int) -> str:
    return "1 GPU" if count == 1 else f"{count} GPUs"


# The least painful first.
_RELAXATIONS: Final = (
    _Relaxation(
        constraint=ConstraintName.LOCATION,
        widen=lambda request: replace(request, locations=()),
        tighten=_any_location_or,
        describe=lambda changed: (
            f"allow location {changed.locations[-1]}" if changed.locations else "allow any location"
        ),
    ),
    _Relaxation(
        constraint=ConstraintName.RELIABILITY,
        widen=lambda request: replace(request, min_reliability=0.0),
        tighten=lambda request, choice: replace(request, min_reliability=int(choice.offer.reliability * 1000) / 1000),
        describe=lambda changed: f"lower minReliability to {changed.min_reliability:g}",
    ),
    _Relaxation(
        constraint=ConstraintName.PRICE,
        widen=lambda request: replace(request, max_price=MAX_QU),
        tighten=_price_of,
        describe=lambda changed: f"raise maxPrice to {changed.max_price:,} QU per hour",
    ),
    _Relaxation(
        constraint=ConstraintName.GPU_MODEL,
        widen=lambda request: replace(request, gpu_models=()),
        tighten=lambda request, choice: replace(request, gpu_models=(*request.gpu_models, choice.gpus[0].model)),
        describe=lambda changed: f"accept {changed.gpu_models[-1]} too",
    ),
    _Relaxation(
        constraint=ConstraintName.GPU_COUNT,
        widen=lambda request: replace(request, gpu_count=1),
        tighten=lambda request, choice: replace(request, gpu_count=min(request.gpu_count, len(choice.gpus))),
        describe=lambda changed: f"ask for {_gpus(changed.gpu_count)}",
    ),
    _Relaxation(
        constraint=ConstraintName.VRAM,
        widen=lambda request: replace(request, min_vram_mib=0),
        tighten=_vram_of,
        describe=lambda changed: f"lower minVramMib to {changed.min_vram_mib}",
    ),
    _Relaxation(
        constraint=ConstraintName.COMPUTE_CAPABILITY,
        widen=lambda request: replace(request, min_compute_capability=None),
        tighten=lambda request, _: replace(request, min_compute_capability=None),
        describe=lambda _: "leave out minComputeCapability",
    ),
    _Relaxation(
        constraint=ConstraintName.CPU,
        widen=lambda request: replace(request, cpu_cores=1),
        tighten=lambda request, choice: replace(request, cpu_cores=min(request.cpu_cores, choice.cpu_cores)),
        describe=lambda changed: f"lower cpuCores to {changed.cpu_cores}",
    ),
    _Relaxation(
        constraint=ConstraintName.MEMORY,
        widen=lambda request: replace(request, memory_mib=1),
        tighten=lambda request, choice: replace(request, memory_mib=min(request.memory_mib, choice.memory_mib)),
        describe=lambda changed: f"lower memoryMib to {changed.memory_mib}",
    ),
    _Relaxation(
        constraint=ConstraintName.DISK,
        widen=lambda request: replace(request, disk_mib=1),
        tighten=lambda request, choice: replace(request, disk_mib=min(request.disk_mib, choice.offer.disk_mib)),
        describe=lambda changed: f"lower diskMib to {changed.disk_mib}",
    ),
    _Relaxation(
        constraint=ConstraintName.TRUST,
        widen=lambda request: replace(request, trust=None),
        tighten=lambda request, _: replace(request, trust=None),
        describe=lambda _: "leave out trust, so that members and guests will do",
    ),
    _Relaxation(
        constraint=ConstraintName.ISOLATION,
        widen=lambda request: replace(request, isolation_level=IsolationLevel.NONE),
        tighten=lambda request, choice: replace(request, isolation_level=choice.offer.isolation_level),
        describe=lambda changed: f"accept isolationLevel {changed.isolation_level}",
    ),
    _Relaxation(
        constraint=ConstraintName.PROVIDERS,
        widen=lambda request: replace(request, providers=()),
        tighten=lambda request, choice: replace(request, providers=(*request.providers, choice.offer.worker_id)),
        describe=lambda changed: f"allow the machine {changed.providers[-1]} too",
    ),
)

_WHEN_BUSY: Final = frozenset({ConstraintName.GPU_COUNT, ConstraintName.CPU, ConstraintName.MEMORY})
