"""Real offers of a marketplace, as the engine sees them, and demand that is drawn for them."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from benchmarks.market.errors import OffersUnreadable
from qubix.schemas.states import IsolationLevel, ProviderStatus, ProviderType, Trust
from qubix_platform.placement.model import Candidate, GpuState, PendingJob, Request

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_USER: Final = UUID(int=1)
_BESIDE: Final = Path(__file__).resolve().parents[2].parent / "shared" / "openb"
_FILE: Final = "vast_offers.csv"
_QU_PER_DOLLAR: Final = 1_000_000

# A job wishes for what some offer has: at least its VRAM, and each of these with a chance of so much.
_ITS_MODEL: Final = 0.3
_ITS_COUNTRY: Final = 0.2


class Sale(StrEnum):
    """What is sold of an offer."""

    WHOLE = "whole offers"
    """As they are listed: one job takes all GPUs and pays for all. Each offer is one card with the VRAM of all."""
    BY_GPU = "single GPUs"
    """As QUBIX sells them: a job pays for the GPUs that it takes, and several share a machine."""


def path() -> Path:
    """The file of the offers: in `QUBIX_OPENB`, or in `shared/openb` beside the project."""
    return Path(os.environ["QUBIX_OPENB"]) / _FILE if "QUBIX_OPENB" in os.environ else _BESIDE / _FILE


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An offer as it stands in the file; VRAM of all GPUs in MiB, price of all in US dollars per hour."""

    model: str
    gpus: int
    vram_mib: int
    dollars: float
    country: str


def read_offers(file: Path) -> list[Listed]:
    """The offers of a file: gpu, count, total VRAM in MiB, US dollars per hour for all, country; "#" starts a comment.

    Raises:
        OffersUnreadable: there is no such file, or a line is something else.
    """
    if not file.is_file():
        raise OffersUnreadable(
            asked=f"Reading {file}",
            obstacle="there is no such file",
            remedy="The offers are not part of the project. Name the folder of the file in QUBIX_OPENB.",
        )
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return [_listed(row, file) for row in csv.reader(lines)]


def _listed(row: Sequence[str], file: Path) -> Listed:
    try:
        model, gpus, vram, dollars, country = row
        return Listed(model=model, gpus=int(gpus), vram_mib=int(vram), dollars=float(dollars), country=country)
    except ValueError as error:
        raise OffersUnreadable(
            asked=f"Reading {file}",
            obstacle=f"{','.join(row)} is no offer",
            remedy="Give each line its GPU, how many, their VRAM in MiB, US dollars per hour, and country.",
        ) from error


def machines(offers: Sequence[Listed], sale: Sale) -> tuple[Candidate, ...]:
    """The offers as the engine sees them, sold so."""
    return tuple(_machine(number, offer, sale) for number, offer in enumerate(offers, start=1))


def draw_jobs(offers: Sequence[Listed], sale: Sale, *, count: int, seed: int) -> tuple[PendingJob, ...]:
    """Jobs that wish for what random offers have, at any price."""
    random = Random(seed)
    return tuple(
        PendingJob(
            id=UUID(int=number),
            queued_at=NOW + timedelta(milliseconds=number),
            request=_request(random.choice(offers), sale, random),
        )
        for number in range(1, count + 1)
    )


def _machine(number: int, offer: Listed, sale: Sale) -> Candidate:
    cards = 1 if sale is Sale.WHOLE else offer.gpus
    return Candidate(
        provider_id=UUID(int=number),
        worker_id=f"offer-{number}",
        user_id=_USER,
        type=ProviderType.RAY,
        trust=Trust.MEMBER,
        status=ProviderStatus.ONLINE,
        is_available=True,
        cpu_cores=64,
        ram_mib=1_000_000,
        disk_mib=1_000_000,
        price_per_hour=round(offer.dollars * _QU_PER_DOLLAR / cards),
        isolation_level=IsolationLevel.BWRAP,
        reliability=1.0,
        location=offer.country,
        gpus=tuple(
            GpuState(id=number * 100 + index, index=index, model=offer.model, vram_mib=offer.vram_mib // cards)
            for index in range(cards)
        ),
    )


def _request(like: Listed, sale: Sale, random: Random) -> Request:
    cards = 1 if sale is Sale.WHOLE else like.gpus
    return Request(
        user_id=_USER,
        gpu_count=cards,
        gpu_models=(like.model,) if random.random() < _ITS_MODEL else (),
        min_vram_mib=like.vram_mib // cards,
        locations=(like.country,) if random.random() < _ITS_COUNTRY else (),
    )
