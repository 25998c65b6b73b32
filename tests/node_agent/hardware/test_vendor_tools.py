"""AMD's and Intel's tools: what they print, and what they do when they are broken."""

from pathlib import Path

import pytest

from qubix_agent.hardware.amd import detect_amd, parse_rocm_smi
from qubix_agent.hardware.intel import detect_intel, parse_xpu_smi


@pytest.fixture
def tool_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


CARD = '{"Card Series": "AMD Instinct MI300X", "VRAM Total Memory (B)": "206141652992", "Unique ID": "0xf00"'


def test_amd_cards_are_read(tool_folder: Path) -> None:
    system = '"system": {"Driver version": "6.8"}'
    install(tool_folder, "rocm-smi", f"""echo '{{"card0": {CARD}, "PCI Bus": "0000:03:00.0"}}, {system}}}'""")
    [gpu] = detect_amd().gpus
    assert (gpu.vendor, gpu.model, gpu.uuid, gpu.vram_mib) == ("AMD", "MI300X", "0xf00", 196592)
    assert (gpu.driver, gpu.pcie) == ("6.8", "0000:03:00.0")


def test_intel_cards_are_read(tool_folder: Path) -> None:
    install(
        tool_folder,
        "xpu-smi",
        """case "$*" in
*-d*) echo '{"device_id": 0, "device_name": "Intel(R) Arc A770 Graphics", "memory_physical_size_byte": "17179869184",
"uuid": "0-1", "pci_bdf_address": "0000:4d:00.0"}' ;;
*) echo '{"device_list": [{"device_id": 0}]}' ;;
esac""",
    )
    [gpu] = detect_intel().gpus
    assert (gpu.model, gpu.vram_mib, gpu.uuid, gpu.pcie) == ("Arc A770", 16384, "0-1", "0000:4d:00.0")


def test_without_the_tools_there_are_no_cards_and_no_problem(tool_folder: Path) -> None:
    assert (detect_amd().problem, detect_intel().problem) == (None, None)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'no driver' >&2; exit 3", "rocm-smi ended with 3: no driver"),
        ("echo not-json", "rocm-smi gave no JSON"),
        ("echo '[]'", "not a list of cards"),
        ("""echo '{"card0": {"Card Series": "x"}}'""", "card 0 says neither its name nor its memory"),
    ],
)
def test_a_broken_tool_is_said(tool_folder: Path, script: str, said: str) -> None:
    install(tool_folder, "rocm-smi", script)
    found = detect_amd()
    assert found.gpus == ()
    assert said in (found.problem or "")


@pytest.mark.parametrize("answer", [None, "text", {"card0": None}, {"card0": {"VRAM Total Memory (B)": "many"}}])
def test_parsing_never_raises(answer: object) -> None:
    assert parse_rocm_smi(answer).gpus == ()
    assert parse_xpu_smi([answer]).gpus == ()
