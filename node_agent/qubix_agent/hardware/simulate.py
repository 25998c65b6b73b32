"""GPUs that are declared, not there: for trying the platform out. Everything about them is marked simulated."""

import difflib
import uuid
from collections.abc import Sequence
from typing import Final

from qubix.errors import InvalidRequest
from qubix.schemas.hardware import GpuInfo
from qubix.schemas.states import Interconnect
from qubix_agent.hardware.models import KNOWN_MODELS, GpuModel, known_model

MAX_GPUS = 64
_WITH_NVLINK: Final = frozenset({"V100-32GB", "A100-40GB", "A100-80GB", "H100-80GB", "H200", "B200"})
_NAMESPACE = uuid.UUID("6c7f3c54-70b7-4d2b-9a3e-5a0c8e7d1f42")


def parse_simulated(text: str, *, seed: str) -> tuple[GpuInfo, ...]:
    """The cards that `"RTX 4090:1, A100-80GB:2"` declares; a name without a count is one card.

    Args:
        seed: makes the cards' UUIDs: the same seed gives the same ones, so that they survive a restart.

    Raises:
        InvalidRequest: a model that is not in the table, a count that is none, or more than 64 cards.
    """
    models: list[GpuModel] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, count = part.partition(":")
        models += [_model(name.strip(), text)] * _count(count.strip() or "1", text)
    if not 1 <= len(models) <= MAX_GPUS:
        raise InvalidRequest(
            asked=f"Simulating {text!r}",
            obstacle=f"that is {len(models)} cards",
            remedy=f'Name 1 to {MAX_GPUS}, such as "RTX 4090:1, A100-80GB:2".',
        )
    return tuple(_card(model, index, seed) for index, model in enumerate(models))


def simulated_interconnect(gpus: Sequence[GpuInfo]) -> Interconnect | None:
    """NVLink between cards of one model that is sold on boards with it; of others nothing is known."""
    models = {gpu.model for gpu in gpus}
    return Interconnect.NVLINK if len(models) == 1 and models <= _WITH_NVLINK else None


def _model(name: str, text: str) -> GpuModel:
    model = known_model(name)
    if model is None:
        sizes = [key for key in KNOWN_MODELS if name and key.startswith(f"{name.casefold()}-")]
        near = sizes or difflib.get_close_matches(name.casefold(), KNOWN_MODELS, n=3, cutoff=0.4)
        names = ", ".join(KNOWN_MODELS[key].name for key in near or sorted(KNOWN_MODELS))
        raise InvalidRequest(
            asked=f"Simulating {text!r}", obstacle=f"there is no model {name!r} in the table", remedy=f"Known: {names}."
        )
    return model


def _count(text: str, whole: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise InvalidRequest(
            asked=f"Simulating {whole!r}",
            obstacle=f"{text!r} is not a number of cards",
            remedy='Write a number after the colon, such as "RTX 4090:1".',
        )
    return int(text)


def _card(model: GpuModel, index: int, seed: str) -> GpuInfo:
    return GpuInfo(
        vendor=model.vendor,
        model=model.name,
        description=f"{model.name} (simulated)",
        index=index,
        uuid=f"SIM-{uuid.uuid5(_NAMESPACE, f'{seed}/{index}/{model.name}')}",
        vram_mib=model.vram_mib,
        compute_capability=model.compute_capability,
        simulated=True,
    )
