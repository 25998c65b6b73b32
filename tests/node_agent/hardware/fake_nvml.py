"""NVML as far as detection uses it, with cards and faults of our choosing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any


class NVMLError(Exception):
    """As pynvml's."""


class NVMLError_LibraryNotFound(NVMLError):  # noqa: N801  pynvml's own name
    """No driver is installed."""


class NVMLError_DriverNotLoaded(NVMLError):  # noqa: N801  pynvml's own name
    """The kernel module is not loaded."""


@dataclass
class FakeCard:
    """`broken` names the questions that it refuses; "*" refuses the card itself. NVLink joins it to `linked`."""

    name: str | bytes = "NVIDIA GeForce RTX 4090"
    uuid: str = "GPU-1"
    total: int = 24_564 << 20
    minor: int = 0
    linked: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)


class FakeNvml:
    """Stands in for the module pynvml."""

    NVMLError = NVMLError
    NVMLError_LibraryNotFound = NVMLError_LibraryNotFound
    NVMLError_DriverNotLoaded = NVMLError_DriverNotLoaded
    NVML_TEMPERATURE_GPU = 0
    NVML_P2P_CAPS_INDEX_NVLINK = 2
    NVML_P2P_STATUS_OK = 0

    def __init__(self, *cards: FakeCard, init: Exception | None = None, count: Exception | None = None) -> None:
        self.cards = cards
        self._init = init
        self._count = count
        self.opened = 0

    def nvmlInit(self) -> None:  # noqa: N802
        if self._init:
            raise self._init
        self.opened += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.opened -= 1

    def nvmlSystemGetDriverVersion(self) -> bytes:  # noqa: N802
        return b"580.95"

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        if self._count:
            raise self._count
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> FakeCard:  # noqa: N802
        card = self.cards[index]
        if "*" in card.broken:
            raise NVMLError("GPU is lost")
        return card

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> FakeCard:  # noqa: N802
        for card in self.cards:
            if card.uuid == uuid:
                return card
        raise NVMLError("not found")

    def __getattr__(self, question: str) -> Any:
        answers: dict[str, Callable[..., Any]] = {
            "nvmlDeviceGetName": lambda card: card.name,
            "nvmlDeviceGetUUID": lambda card: card.uuid,
            "nvmlDeviceGetMemoryInfo": lambda card: SimpleNamespace(total=card.total, used=card.total // 4),
            "nvmlDeviceGetCudaComputeCapability": lambda card: (8, 9),
            "nvmlDeviceGetPciInfo": lambda card: SimpleNamespace(busId=b"00000000:01:00.0"),
            "nvmlDeviceGetMaxPcieLinkGeneration": lambda card: 4,
            "nvmlDeviceGetMaxPcieLinkWidth": lambda card: 16,
            "nvmlDeviceGetP2PStatus": lambda card, other, _: 0 if other.uuid in card.linked else 6,
            "nvmlDeviceGetMinorNumber": lambda card: card.minor,
            "nvmlDeviceGetUtilizationRates": lambda card: SimpleNamespace(gpu=42),
            "nvmlDeviceGetTemperature": lambda card, _: 61,
        }
        if question not in answers:
            raise AttributeError(question)

        def ask(card: FakeCard, *more: Any) -> Any:
            if question in card.broken:
                raise NVMLError("not supported")
            return answers[question](card, *more)

        return ask
