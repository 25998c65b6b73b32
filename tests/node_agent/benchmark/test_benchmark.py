from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qubix.schemas.hardware import CpuInfo, RamInfo
from qubix_agent.benchmark import cache, engines
from qubix_agent.benchmark.cache import benchmark, fingerprint
from qubix_agent.benchmark.engines import choose_engine
from qubix_agent.benchmark.measure import Engine, measure
from qubix_agent.hardware.detected import Machine
from qubix_agent.hardware.simulate import parse_simulated

BARE = Machine(gpus=(), cpu=CpuInfo(model="c", cores=2), ram=RamInfo(total_mib=1024), disk_mib=1)
SIMULATED = replace(BARE, gpus=parse_simulated("RTX 4090", seed="w"), simulated=True)
REAL = replace(
    BARE,
    gpus=tuple(card.model_copy(update={"simulated": False, "description": "NVIDIA X"}) for card in SIMULATED.gpus),
)

QUICK = Engine(name="quick", arrays=np, synchronize=lambda: None, matrix_side=64, copy_bytes=1 << 16, seconds=0.01)


def unexpected(warning: str) -> None:
    raise AssertionError(warning)


def test_rates_are_measured() -> None:
    result = measure(QUICK)
    assert 0 < result.fp32_tflops < 1000
    assert 0 < (result.memory_gbps or 0) < 10_000
    assert result.engine == "quick"


def test_simulated_cards_are_never_given_figures() -> None:
    assert "on the CPU, GPUs are simulated" in choose_engine(SIMULATED).name


def test_a_card_without_cupy_is_measured_on_the_cpu_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(card: str) -> Engine:
        raise ImportError("no cupy")

    monkeypatch.setattr(engines, "cupy_engine", missing)
    assert choose_engine(REAL).name.endswith("on the CPU, CuPy is not installed")


def test_a_card_that_cannot_compute_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken() -> None:
        raise MemoryError("out of memory on the device")

    file, warnings = tmp_path / "b.json", list[str]()
    monkeypatch.setattr(cache, "choose_engine", lambda _: replace(QUICK, name="CuPy on X", synchronize=broken))
    result = benchmark(REAL, file=file, warn=warnings.append)
    assert "CuPy on X failed: MemoryError" in result.engine
    assert "out of memory on the device" in warnings[0]
    # And it does not stand for the card for good.
    monkeypatch.setattr(cache, "choose_engine", lambda _: replace(QUICK, name="CuPy on X"))
    assert benchmark(REAL, file=file, warn=warnings.append).engine == "CuPy on X"
    assert len(warnings) == 1


def test_the_result_is_kept_until_the_hardware_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    measured: list[Engine] = []

    def count(engine: Engine) -> object:
        measured.append(engine)
        return measure(QUICK)

    monkeypatch.setattr(cache, "measure", count)
    file = tmp_path / "benchmark.json"
    first = benchmark(BARE, file=file, warn=unexpected)
    assert benchmark(BARE, file=file, warn=unexpected) == first
    assert len(measured) == 1
    benchmark(replace(BARE, cpu=CpuInfo(model="c", cores=4)), file=file, warn=unexpected)
    assert len(measured) == 2
    benchmark(BARE, file=file, again=True, warn=unexpected)
    assert len(measured) == 3
    file.write_text("{damaged")
    benchmark(BARE, file=file, warn=unexpected)
    assert len(measured) == 4


def test_a_new_driver_changes_the_fingerprint() -> None:
    newer = replace(REAL, gpus=tuple(card.model_copy(update={"driver": "2"}) for card in REAL.gpus))
    assert fingerprint(REAL, engine="e") != fingerprint(newer, engine="e")
