"""Assessing a hardware report. Pure, and total: there is no report that it raises for."""

from typing import Final, Literal

from qubix.schemas.hardware import GpuInfo, HardwareAssessment, HardwareReport
from qubix_platform.hardware.identity import Identity, identify
from qubix_platform.hardware.suggested_price import suggested_cpu_price, suggested_gpu_price

Way = Literal["browser", "native", "ray"]
Fallback = Literal["none", "native-installer", "manual-entry", "cpu-only"]
Found = tuple[GpuInfo, Identity]

_HANDHELD: Final = ("android", "iphone", "ipad", "mobile")


def assess(report: HardwareReport) -> HardwareAssessment:
    """Say what a report amounts to as an offer, or which way remains and why. Never raises.

    The GPUs of the answer carry the market's names. Memory that was not reported is taken from the vendor's data
    sheet, the smallest size that the card was sold with, and marks the assessment as unverified.
    """
    reported = _reported(report)
    found = _distinct([(gpu, identity) for gpu in reported if (identity := identify(gpu))])
    ways = _ways(report)
    fallback = _fallback(report, found, ways)
    verified = bool(found) and not any(identity.doubts for _, identity in found)
    return HardwareAssessment(
        detected=bool(found),
        verified=verified,
        can_join_as=ways,
        gpus=[_as_offered(gpu, identity) for gpu, identity in found],
        cpu=report.cpu,
        ram=report.ram,
        suggested_price_per_hour=_price(report, found, fallback),
        fallback=fallback,
        explanation=" ".join([*_seen(found, software=len(reported) > len(found)), _WAY_ON[fallback]]),
    )


def _reported(report: HardwareReport) -> list[GpuInfo]:
    if report.gpu is None or report.gpu in report.gpus:
        return list(report.gpus)
    return [*report.gpus, report.gpu]


def _distinct(found: list[Found]) -> list[Found]:
    """Without the second view of a card: a browser sees the same one through WebGPU and through WebGL."""
    kept: list[Found] = []
    for gpu, identity in sorted(found, key=_clarity):
        twin = any(gpu.type != "native" and other.type != "native" and gpu.index == other.index for other, _ in kept)
        if not twin:
            kept.append((gpu, identity))
    return sorted(kept, key=lambda pair: pair[0].index)


def _clarity(pair: Found) -> tuple[bool, bool, bool]:
    gpu, identity = pair
    return identity.model is None, identity.vram_mib == 0, gpu.type != "webgpu"


def _is_browser(report: HardwareReport) -> bool:
    return report.user_agent is not None or any(gpu.type != "native" for gpu in _reported(report))


def _is_handheld(report: HardwareReport) -> bool:
    return any(word in (report.user_agent or "").lower() for word in _HANDHELD)


def _ways(report: HardwareReport) -> list[Way]:
    ways: list[Way] = []
    # Jobs in a browser are WGSL, so a card seen through WebGL alone cannot run one.
    if any(gpu.type == "webgpu" and identify(gpu) for gpu in _reported(report)):
        ways.append("browser")
    if not _is_handheld(report):
        ways.append("native")
        if report.user_agent is None or "linux" in report.user_agent.lower():
            ways.append("ray")
    return ways


def _fallback(report: HardwareReport, found: list[Found], ways: list[Way]) -> Fallback:
    is_clear = bool(found) and all(identity.model and identity.vram_mib for _, identity in found)
    if is_clear:
        return "none"
    if _is_browser(report) and "native" in ways:
        return "native-installer"
    if not found and report.cpu is not None and "native" in ways:
        return "cpu-only"
    return "manual-entry"


def _as_offered(gpu: GpuInfo, identity: Identity) -> GpuInfo:
    known = {"vram_mib": identity.vram_mib, "vram": round(identity.vram_mib / 1024, 2)} if identity.vram_mib else {}
    return gpu.model_copy(update={"model": identity.model or gpu.model, **known})


def _price(report: HardwareReport, found: list[Found], fallback: Fallback) -> int | None:
    prices = [
        price
        for _, identity in found
        if (price := suggested_gpu_price(model=identity.model or "", vram_mib=identity.vram_mib))
    ]
    if prices:
        return min(prices)
    if report.cpu is not None and not found and fallback == "cpu-only":
        return suggested_cpu_price(cores=report.cpu.cores)
    return None


def _seen(found: list[Found], *, software: bool) -> list[str]:
    sentences = [
        f"GPU {gpu.index}, {identity.model or 'of an unknown model'}{_doubt(identity)}." for gpu, identity in found
    ]
    if not found:
        sentences.append(
            "The only adapter draws on the CPU or belongs to a virtual machine, so there is no GPU to offer."
            if software
            else "No GPU was reported."
        )
    return sentences


def _doubt(identity: Identity) -> str:
    return f", {' and '.join(identity.doubts)}" if identity.doubts else ", as its driver reports it"


_WAY_ON: Final[dict[Fallback, str]] = {
    "none": "It can be offered as it is.",
    "native-installer": "A browser sees no more than this: install the agent, which asks the driver itself.",
    "manual-entry": "Enter model and memory by hand; the offer is then marked as unverified.",
    "cpu-only": "The machine can join and offer its cores and memory without a GPU.",
}
