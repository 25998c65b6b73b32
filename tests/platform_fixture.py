"""The one platform that all tests of a folder share: a real `qubix up` with two simulated providers.

Tests that use it bear `@pytest.mark.xdist_group("platform")`, so that it is started once. They must not break it:
a test that kills a part of a platform brings up its own with `tests.platform_process`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.platform_process import PlatformProcess, new_port, temporary_home

SIMULATED: Final = ("RTX 4090:1", "A100-80GB:2")


@dataclass(frozen=True, kw_only=True)
class LivePlatform:
    """A platform that is up.

    Attributes:
        url: of its API.
        api_key: of its operator.
        home: its folder.
        ray_address: of its head's control store.
        process: its `qubix up`.
    """

    url: str
    api_key: str
    home: Path
    ray_address: str
    process: PlatformProcess


@pytest.fixture(scope="package")
def platform() -> Iterator[LivePlatform]:
    """The shared platform, up, with its two providers."""
    with temporary_home() as home:
        arguments = ["--simulate", ", ".join(SIMULATED), "--replicas", "2"]
        with PlatformProcess(home, port=new_port(), arguments=arguments) as process:
            facts = process.ready()
            yield LivePlatform(
                url=facts["url"],
                api_key=facts["apiKey"],
                home=home,
                ray_address=facts["rayAddress"],
                process=process,
            )
