from qubix.schemas.hardware import CpuInfo, GpuInfo, HardwareReport, RamInfo
from qubix_platform.hardware.service import assess

RTX_4090_IN_CHROME = "ANGLE (NVIDIA, NVIDIA GeForce RTX 4090 Direct3D11 vs_5_0 ps_5_0, D3D11)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


def test_a_drivers_report_is_taken_as_it_is() -> None:
    answer = assess(
        HardwareReport(gpus=[GpuInfo(model="NVIDIA GeForce RTX 4090", vram_mib=24_564, index=i) for i in range(2)])
    )
    assert answer.detected
    assert answer.verified
    assert [(gpu.model, gpu.vram_mib) for gpu in answer.gpus] == [("RTX 4090", 24_564)] * 2
    assert answer.fallback == "none"
    assert answer.can_join_as == ["native", "ray"]
    assert answer.suggested_price_per_hour == 400_000


def test_memory_that_a_browser_does_not_tell_is_looked_up_and_marked() -> None:
    answer = assess(
        HardwareReport(gpu=GpuInfo(renderer=RTX_4090_IN_CHROME, type="webgpu", vendor="nvidia"), user_agent=WINDOWS)
    )
    assert answer.detected
    assert not answer.verified
    assert [(gpu.model, gpu.vram_mib, gpu.vram) for gpu in answer.gpus] == [("RTX 4090", 24_576, 24.0)]
    assert "NVIDIA's GeForce specifications" in answer.explanation
    assert answer.can_join_as == ["browser", "native"]


def test_the_smallest_size_of_memory_is_assumed() -> None:
    answer = assess(HardwareReport(gpu=GpuInfo(model="RTX 3060", type="webgl")))
    assert answer.gpus[0].vram_mib == 8 * 1024


def test_one_card_seen_twice_by_a_browser_is_one_card() -> None:
    answer = assess(
        HardwareReport(
            gpus=[
                GpuInfo(vendor="nvidia", architecture="lovelace", type="webgpu"),
                GpuInfo(renderer=RTX_4090_IN_CHROME, type="webgl"),
            ],
            user_agent=WINDOWS,
        )
    )
    assert [gpu.model for gpu in answer.gpus] == ["RTX 4090"]
    assert "browser" in answer.can_join_as


def test_a_model_that_the_browser_hides_needs_the_installer() -> None:
    answer = assess(
        HardwareReport(gpu=GpuInfo(renderer="NVIDIA GeForce GTX 980, or similar", type="webgl"), user_agent=WINDOWS)
    )
    assert answer.detected
    assert answer.fallback == "native-installer"
    assert answer.suggested_price_per_hour is None
    assert "hidden by the browser" in answer.explanation


def test_software_adapters_are_never_gpus() -> None:
    flagged = GpuInfo(model="NVIDIA GeForce RTX 4090", is_software=True)
    named = GpuInfo(renderer="Google SwiftShader", type="webgpu", index=1)
    answer = assess(HardwareReport(gpus=[flagged, named], cpu=CpuInfo(cores=8)))
    assert not answer.detected
    assert answer.gpus == []
    assert "browser" not in answer.can_join_as
    assert "draws on the CPU" in answer.explanation


def test_a_machine_without_a_gpu_may_offer_its_cores() -> None:
    answer = assess(HardwareReport(cpu=CpuInfo(cores=16), ram=RamInfo(total_mib=65_536)))
    assert answer.fallback == "cpu-only"
    assert answer.suggested_price_per_hour == 160_000


def test_memory_that_contradicts_the_data_sheet_is_doubted() -> None:
    answer = assess(HardwareReport(gpu=GpuInfo(model="NVIDIA GeForce RTX 3060", vram_mib=81_920)))
    assert not answer.verified
    assert "81920 MiB" in answer.explanation


def test_a_simulated_gpu_is_never_verified() -> None:
    answer = assess(HardwareReport(gpu=GpuInfo(model="RTX 4090", vram_mib=24_576, simulated=True)))
    assert not answer.verified
    assert "simulated" in answer.explanation


def test_an_empty_report_leaves_entry_by_hand() -> None:
    answer = assess(HardwareReport())
    assert (answer.detected, answer.fallback, answer.suggested_price_per_hour) == (False, "manual-entry", None)


def test_a_phone_has_no_native_installer() -> None:
    answer = assess(HardwareReport(user_agent="Mozilla/5.0 (Linux; Android 14)"))
    assert answer.can_join_as == []
    assert answer.fallback == "manual-entry"
