from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.schemas.hardware import CpuInfo, GpuInfo, HardwareReport, RamInfo
from qubix_platform.hardware.catalogue import CARDS
from qubix_platform.hardware.naming import is_software
from qubix_platform.hardware.service import assess

_FRAGMENTS = st.sampled_from(
    [
        *[card.name for card in CARDS],
        *("ANGLE (", "NVIDIA, ", "NVIDIA GeForce ", "AMD Radeon ", " Direct3D11 vs_5_0 ps_5_0, D3D11)", "/PCIe/SSE2"),
        *("SwiftShader", "llvmpipe", "Basic Render Driver", ", or similar", " Laptop GPU", " 80GB", " MIG 1g.5gb"),
        *("(", ")", "[", "(R)", "-", " ", "\n", "ß", "\u202e", "İ"),
    ]
)
_NAMES = st.none() | st.lists(_FRAGMENTS, max_size=8).map("".join).filter(lambda text: len(text) <= 200)
_ANYTHING = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)
_TEXTS = _NAMES | _ANYTHING

_GPUS = st.builds(
    GpuInfo,
    vendor=_TEXTS,
    model=_TEXTS,
    renderer=_TEXTS,
    architecture=_TEXTS,
    device=_TEXTS,
    description=_TEXTS,
    vram=st.none() | st.floats(0, 4096),
    vram_mib=st.none() | st.integers(0, 4_194_304),
    type=st.sampled_from(["webgpu", "webgl", "native"]),
    index=st.integers(0, 63),
    is_software=st.booleans(),
    simulated=st.booleans(),
)
_REPORTS = st.builds(
    HardwareReport,
    gpus=st.lists(_GPUS, max_size=4),
    gpu=st.none() | _GPUS,
    cpu=st.none() | st.builds(CpuInfo, cores=st.integers(1, 4096)),
    ram=st.none() | st.integers(1, 268_435_456).map(lambda total: RamInfo(total_mib=total)),
    user_agent=_ANYTHING | st.sampled_from(["Mozilla/5.0 (Windows NT 10.0)", "Mozilla/5.0 (Linux; Android 14)"]),
)


def _names(gpu: GpuInfo) -> list[str]:
    return [text for text in (gpu.model, gpu.renderer, gpu.description, gpu.device) if text]


@settings(max_examples=300, deadline=None)
@given(_REPORTS)
def test_property_01_gpu_detection_completes_or_falls_back(report: HardwareReport) -> None:
    """Feature: qubix-enterprise-upgrade, Property 1: GPU detection completes or gives a clear fallback.

    For any hardware report.
    """
    answer = assess(report)
    reported = [*report.gpus, *([report.gpu] if report.gpu else [])]
    real = [gpu for gpu in reported if not gpu.is_software and not any(map(is_software, _names(gpu)))]

    assert answer.detected == bool(real)
    assert bool(answer.gpus) == answer.detected
    assert answer.explanation
    if answer.fallback == "none":
        assert all(gpu.model and gpu.vram_mib for gpu in answer.gpus)
        assert answer.suggested_price_per_hour is not None
    if answer.verified:
        assert all(gpu.type == "native" and not gpu.simulated for gpu in answer.gpus)
    assert answer.suggested_price_per_hour is None or answer.suggested_price_per_hour > 0
    assert assess(HardwareReport.model_validate(report.wire())) == answer
