import pytest

from qubix_platform.hardware.catalogue import CARDS
from qubix_platform.hardware.naming import is_software, market_name, models_meant


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ANGLE (NVIDIA, NVIDIA GeForce RTX 4090 Direct3D11 vs_5_0 ps_5_0, D3D11)", "RTX 4090"),
        ("ANGLE (NVIDIA Corporation, NVIDIA GeForce RTX 3060/PCIe/SSE2, OpenGL 4.5.0)", "RTX 3060"),
        ("ANGLE (AMD, AMD Radeon RX 6700 XT (0x000073DF) Direct3D11 vs_5_0 ps_5_0, D3D11)", "RX 6700 XT"),
        ("ANGLE (Apple, ANGLE Metal Renderer: Apple M1 Pro, Unspecified Version)", "Apple M1 Pro"),
        ("ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)", "UHD Graphics 620"),
        ("AMD Radeon RX 6800 XT (radeonsi, navi21, LLVM 15.0.7, DRM 3.49)", "RX 6800 XT"),
        ("NVIDIA A100-SXM4-80GB", "A100-80GB"),
        ("NVIDIA A100-PCIE-40GB", "A100-40GB"),
        ("NVIDIA H100 80GB HBM3", "H100-80GB"),
        ("NVIDIA H100 NVL", "H100-94GB"),
        ("Tesla V100-SXM2-32GB", "V100-32GB"),
        ("NVIDIA GeForce RTX 4070 Ti SUPER", "RTX 4070 Ti SUPER"),
        ("NVIDIA GeForce RTX 3080 Ti Laptop GPU", "RTX 3080 Ti Laptop"),
        ("GeForce RTX 2080 with Max-Q Design", "RTX 2080 Laptop"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"),
        ("Quadro RTX 6000", "Quadro RTX 6000"),
        ("NVIDIA RTX A6000", "RTX A6000"),
        ("Intel(R) Arc(TM) A770 Graphics", "Arc A770"),
        ("AMD Instinct MI300X", "MI300X"),
        ("rtx4090", "RTX 4090"),
        ("RTX3060Ti", "RTX 3060 Ti"),
        ("A card that nobody knows", "A card that nobody knows"),
        ("NVIDIA", "Unknown GPU"),
        ("", "Unknown GPU"),
    ],
)
def test_drivers_and_browsers_names_become_the_markets(text: str, name: str) -> None:
    assert market_name(text) == name


def test_reported_memory_tells_variants_apart() -> None:
    assert market_name("NVIDIA A100", vram_mib=81_251) == "A100-80GB"
    assert market_name("NVIDIA A100", vram_mib=40_536) == "A100-40GB"


def test_a_slice_of_a_card_is_not_the_card() -> None:
    assert market_name("NVIDIA A100-SXM4-40GB MIG 1g.5gb", vram_mib=4864) == "A100-40GB MIG"


def test_market_names_are_fixed_points() -> None:
    names = [name for card in CARDS for name in card.market_names]
    assert [market_name(name) for name in names] == names
    assert len(set(names)) == len(names)


def test_a_person_may_name_a_whole_family() -> None:
    assert models_meant("a100") == ("A100-40GB", "A100-80GB")
    assert models_meant("A100-80GB") == ("A100-80GB",)
    assert models_meant("geforce rtx4090") == ("RTX 4090",)
    assert models_meant("  House card  ") == ("House card",)


@pytest.mark.parametrize(
    "text",
    [
        "Google SwiftShader",
        "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
        "llvmpipe (LLVM 15.0.7, 256 bits)",
        "Microsoft Basic Render Driver",
        "Apple Software Renderer",
        "SVGA3D; build: RELEASE; LLVM;",
        "virgl (ANGLE)",
    ],
)
def test_what_draws_on_the_cpu_is_software(text: str) -> None:
    assert is_software(text)


def test_a_real_driver_that_mentions_llvm_is_not_software() -> None:
    assert not is_software("AMD Radeon RX 6800 (radeonsi, navi21, LLVM 15.0.7, DRM 3.49)")
