import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.pure_decisions import LAW


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\ndatetime.now()",
        "import time\ntime.time()",
        "import random\nrandom.shuffle(offers)",
        "from uuid import uuid4\nuuid4()",
        "import os\nos.environ.get('FEE')",
        "SEEN = 1\nimport asyncpg",
    ],
)
def test_catches_clocks_chance_and_io(text: str) -> None:
    assert offending_lines(LAW, "platform/qubix_platform/placement/decide.py", text) == [2]
    assert offending_lines(LAW, "platform/qubix_platform/pricing/rates.py", text) == [2]
    assert offending_lines(LAW, "platform/qubix_platform/jobs/states.py", text) == [2]
    assert offending_lines(LAW, "platform/qubix_platform/placement/repository.py", text) == []


@pytest.mark.parametrize("said", ["What follows. Pure.", "Pure: time is passed in.", "Why: a pure function of events."])
def test_takes_a_module_by_its_word(said: str) -> None:
    text = f'"""{said}"""\nimport time\ntime.time()'
    assert offending_lines(LAW, "platform/qubix_platform/chain/judge.py", text) == [3]
    assert offending_lines(LAW, "platform/qubix_platform/chain/judge.py", text.replace(said, "What follows.")) == []


def test_passes_time_and_chance_as_arguments() -> None:
    text = """
        from datetime import datetime
        from random import Random

        def decide(snapshot: dict[str, int], now: datetime, seed: int) -> int:
            return Random(seed).randrange(now.hour + 1)
    """
    assert offending_lines(LAW, "platform/qubix_platform/placement/decide.py", text) == []
