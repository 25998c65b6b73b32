"""Names of one GPU as different people write it."""

import pytest

from qubix_platform.placement.gpu_names import model_key


@pytest.mark.parametrize(
    ("asked", "detected"),
    [
        ("RTX 4090", "NVIDIA GeForce RTX 4090"),
        ("rtx4090", "NVIDIA GeForce RTX 4090"),
        ("RTX-4090", "GeForce RTX 4090"),
        ("A100-80GB", "a100 80gb"),
        ("RX 7900 XTX", "AMD Radeon RX 7900 XTX"),
        ("T4", "Tesla T4"),
    ],
)
def test_the_same_card_under_two_names(asked: str, detected: str) -> None:
    assert model_key(asked) == model_key(detected)


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ("RTX 4090", "NVIDIA GeForce RTX 4090 D"),
        ("RTX 4090", "NVIDIA GeForce RTX 4090 Laptop GPU"),
        ("RTX 3070", "RTX 3070 Ti"),
        ("A100-80GB", "A100-40GB"),
        ("RTX 4090", "RTX 409"),
    ],
)
def test_another_card_with_a_similar_name(asked: str, other: str) -> None:
    assert model_key(asked) != model_key(other)


def test_a_name_of_noise_alone_still_means_something() -> None:
    assert model_key("NVIDIA Graphics") == "nvidia graphics"
