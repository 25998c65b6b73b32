import pytest

from qubix.errors import InvalidRequest
from qubix_agent.hardware.models import KNOWN_MODELS, known_model, market_name
from qubix_agent.hardware.simulate import parse_simulated


def test_cards_are_declared_by_model_and_count() -> None:
    cards = parse_simulated("RTX 4090:1, a100-80gb:2", seed="w")
    assert [card.model for card in cards] == ["RTX 4090", "A100-80GB", "A100-80GB"]
    assert [card.index for card in cards] == [0, 1, 2]
    assert [card.vram_mib for card in cards] == [24 * 1024, 80 * 1024, 80 * 1024]
    assert all(card.simulated for card in cards)
    assert len({card.uuid for card in cards}) == 3


def test_the_same_machine_declares_the_same_cards() -> None:
    first, again, other = (parse_simulated("T4", seed=seed)[0].uuid for seed in ("w", "w", "v"))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("RTX 4091", "RTX 4090"),
        ("A100", "A100-40GB"),
        ("RTX 4090:none", "not a number of cards"),
        ("RTX 4090:0", "not a number of cards"),
        ("", "0 cards"),
        ("T4:65", "65 cards"),
    ],
)
def test_a_wrong_declaration_names_what_would_do(text: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        parse_simulated(text, seed="w")


@pytest.mark.parametrize(
    ("reported", "vram_mib", "name"),
    [
        ("NVIDIA GeForce RTX 4090", 24564, "RTX 4090"),
        ("NVIDIA A100-SXM4-80GB", 81920, "A100-80GB"),
        ("NVIDIA A100 80GB PCIe", 81920, "A100-80GB"),
        ("NVIDIA A100-PCIE-40GB", 40960, "A100-40GB"),
        ("NVIDIA H100 80GB HBM3", 81559, "H100-80GB"),
        ("NVIDIA H200", 143771, "H200"),
        ("Tesla T4", 15360, "T4"),
        ("Tesla V100-SXM2-16GB", 16160, "V100-16GB"),
        ("NVIDIA A100-SXM4-80GB MIG 1g.10gb", 9728, "A100-SXM4-80GB MIG 1g.10gb"),
        ("NVIDIA Future 9000", 1, "Future 9000"),
    ],
)
def test_a_drivers_name_becomes_the_markets(reported: str, vram_mib: int, name: str) -> None:
    assert market_name(reported, vram_mib=vram_mib) == name


def test_every_known_model_is_found_by_its_own_name() -> None:
    assert all(known_model(model.name) is model for model in KNOWN_MODELS.values())
