from dataclasses import replace
from pathlib import Path

import pytest

from qubix.schemas.states import Interconnect
from qubix_agent.hardware.detect import detect_machine
from qubix_agent.hardware.detected import GpusFound
from qubix_agent.hardware.devices import GpuMissing, device_nodes
from qubix_agent.hardware.nvidia import NvidiaUsage, detect_nvidia
from tests.node_agent.hardware.fake_nvml import (
    FakeCard,
    FakeNvml,
    NVMLError,
    NVMLError_DriverNotLoaded,
    NVMLError_LibraryNotFound,
)


def test_a_card_is_read_in_full() -> None:
    nvml = FakeNvml(
        FakeCard(name=b"NVIDIA GeForce RTX 4090"), FakeCard(name="NVIDIA A100-SXM4-80GB", total=81920 << 20)
    )
    found = detect_nvidia(nvml)
    assert found.problem is None
    first, second = found.gpus
    assert first.model == "RTX 4090"
    assert first.description == "NVIDIA GeForce RTX 4090"
    assert (first.index, first.uuid, first.vram_mib, first.driver) == (0, "GPU-1", 24564, "580.95")
    assert (first.compute_capability, first.pcie) == ("8.9", "00000000:01:00.0 Gen4 x16")
    assert (second.index, second.model) == (1, "A100-80GB")
    assert nvml.opened == 0


@pytest.mark.parametrize("error", [NVMLError_LibraryNotFound("no library"), NVMLError_DriverNotLoaded("not loaded")])
def test_a_machine_without_the_driver_has_no_card_and_no_problem(error: NVMLError) -> None:
    assert detect_nvidia(FakeNvml(init=error)) == GpusFound()


def test_a_broken_driver_is_said() -> None:
    found = detect_nvidia(FakeNvml(init=NVMLError("Driver/library version mismatch")))
    assert found.gpus == ()
    assert "Driver/library version mismatch" in (found.problem or "")
    assert "restart the machine" in (found.problem or "")


def test_a_driver_that_dies_meanwhile_is_said() -> None:
    found = detect_nvidia(FakeNvml(FakeCard(), count=NVMLError("GPU is lost")))
    assert found.gpus == ()
    assert "GPU is lost" in (found.problem or "")


def test_a_lost_card_does_not_hide_the_others() -> None:
    found = detect_nvidia(FakeNvml(FakeCard(broken={"*"}), FakeCard(uuid="GPU-2")))
    assert [gpu.uuid for gpu in found.gpus] == ["GPU-2"]
    assert "GPU 0 does not answer" in (found.problem or "")


def test_what_an_old_card_does_not_know_is_left_out() -> None:
    unknown = {"nvmlDeviceGetCudaComputeCapability", "nvmlDeviceGetPciInfo"}
    [gpu] = detect_nvidia(FakeNvml(FakeCard(broken=unknown))).gpus
    assert gpu.compute_capability is None
    assert gpu.pcie is None


def test_detection_never_raises(tmp_path: Path) -> None:
    def exploding() -> GpusFound:
        raise SystemError("segment of a vendor's library")

    machine = detect_machine(home=tmp_path, detectors=[("ACME", exploding)])
    assert machine.gpus == ()
    assert machine.problems == ("ACME's cards could not be read: SystemError: segment of a vendor's library",)
    assert machine.cpu.cores >= 1
    assert machine.ram.total_mib > 100


def test_cards_of_several_vendors_get_one_row_of_indices(tmp_path: Path) -> None:
    [nvidia] = detect_nvidia(FakeNvml(FakeCard())).gpus
    amd = nvidia.model_copy(update={"vendor": "AMD", "uuid": "0xabc"})
    machine = detect_machine(
        home=tmp_path, detectors=[("a", lambda: GpusFound(gpus=(nvidia,))), ("b", lambda: GpusFound(gpus=(amd,)))]
    )
    assert [(gpu.index, gpu.uuid) for gpu in machine.gpus] == [(0, "GPU-1"), (1, "0xabc")]


def test_usage_is_none_where_the_card_does_not_say() -> None:
    usage = NvidiaUsage(FakeNvml(FakeCard(broken={"nvmlDeviceGetTemperature"})))
    read = usage.read(["GPU-1", "GPU-9"])
    assert list(read) == ["GPU-1"]
    assert (read["GPU-1"].percent, read["GPU-1"].memory_used_mib, read["GPU-1"].temperature) == (42, 6141, None)
    usage.close()


def test_a_job_gets_the_device_nodes_of_its_cards_alone() -> None:
    nvml = FakeNvml(FakeCard(), FakeCard(uuid="GPU-2", minor=3))
    assert device_nodes(["GPU-2"], nvml=nvml)[0] == "/dev/nvidia3"
    assert "/dev/nvidia0" not in device_nodes(["GPU-2"], nvml=nvml)
    assert device_nodes([]) == ()


def test_a_card_that_went_is_named() -> None:
    with pytest.raises(GpuMissing, match="GPU-7"):
        device_nodes(["GPU-7"], nvml=FakeNvml(FakeCard()))


def test_cards_are_connected_by_what_joins_each_two_of_them(tmp_path: Path) -> None:
    def connected(*cards: FakeCard) -> Interconnect | None:
        machine = detect_machine(home=tmp_path, detectors=[("NVIDIA", lambda: detect_nvidia(FakeNvml(*cards)))])
        return machine.interconnect

    one, two = FakeCard(uuid="GPU-1", linked={"GPU-2"}), FakeCard(uuid="GPU-2", linked={"GPU-1"})
    assert connected(one) is None
    assert connected(one, two) is Interconnect.NVLINK
    assert connected(one, two, FakeCard(uuid="GPU-3")) is Interconnect.PCIE
    assert connected(replace(one, broken={"nvmlDeviceGetP2PStatus"}), two) is Interconnect.PCIE


def test_what_two_vendors_cards_share_is_the_bus(tmp_path: Path) -> None:
    linked = detect_nvidia(FakeNvml(FakeCard(linked={"GPU-2"}), FakeCard(uuid="GPU-2")))
    [other] = detect_nvidia(FakeNvml(FakeCard(uuid="GPU-3"))).gpus
    machine = detect_machine(home=tmp_path, detectors=[("a", lambda: linked), ("b", lambda: GpusFound(gpus=(other,)))])
    assert (linked.interconnect, machine.interconnect) == (Interconnect.NVLINK, Interconnect.PCIE)
