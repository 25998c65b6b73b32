"""What is said when the platform is up, and to whom."""

from io import StringIO

import pytest
from rich.console import Console

from qubix_serve.supervisor.progress import RichProgress

FACTS = {
    "url": "http://127.0.0.1:8000",
    "publicUrl": "https://qubix.example.org",
    "console": "http://127.0.0.1:8000/",
    "signInLink": None,
    "docs": "http://127.0.0.1:8000/docs",
    "apiKey": "qbx_key_secret",
    "secrets": "/home/secrets.json",
    "home": "/home",
    "chain": "none",
    "chainUrl": None,
    "dashboard": None,
    "secondsToReady": 9.5,
}


@pytest.mark.parametrize("is_terminal", [True, False])
def test_key_is_shown_to_a_person_and_kept_out_of_logs(is_terminal: bool) -> None:
    said = StringIO()
    RichProgress(Console(file=said, force_terminal=is_terminal, color_system=None)).ready(FACTS)

    assert ("qbx_key_secret" in said.getvalue()) is is_terminal
    assert ("in /home/secrets.json" in said.getvalue()) is not is_terminal


def test_address_that_people_use_is_shown_where_it_is_another_one() -> None:
    said = StringIO()
    progress = RichProgress(Console(file=said))
    progress.ready(FACTS)
    progress.ready(FACTS | {"publicUrl": FACTS["url"]})

    assert said.getvalue().count("known as") == 1
