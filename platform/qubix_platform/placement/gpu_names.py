"""When two names mean the same GPU."""

import re
from functools import lru_cache

_TOKEN = re.compile(r"[a-z]+|\d+")
_NOISE = frozenset(
    {"amd", "arc", "corporation", "geforce", "gpu", "graphics", "inc", "intel", "nvidia", "radeon", "tesla"}
)


@lru_cache(maxsize=4096)
def model_key(name: str) -> str:
    """What is left of a GPU's name without vendor, brand, case and punctuation.

    Two names mean the same model exactly where their keys are equal: "RTX 4090" is "NVIDIA GeForce RTX 4090" and
    "rtx4090", but neither "RTX 4090 D" nor "RTX 4090 Laptop GPU", which are other cards.
    """
    tokens = _TOKEN.findall(name.casefold())
    return " ".join([token for token in tokens if token not in _NOISE] or tokens)
