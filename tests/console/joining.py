"""A machine that joins by the command that the console shows."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect

from tests.node_agent.seeding import seeded_home

_LEAVES_WITHIN_S: Final = 60


def make_command(page: Page) -> list[str]:
    """Have the page that shares a GPU make a join command, and take that off the screen."""
    page.get_by_role("button", name="Make the join command").click()
    shown = page.get_by_label("Run this on the machine")
    expect(shown).to_contain_text("qubix-agent join")
    return shlex.split(shown.inner_text())


@contextmanager
def joined(command: list[str], folder: Path, *, gpus: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command as a machine that pretends to have these cards, as a guest; ended in order if it still runs."""
    home = seeded_home(folder)
    program, *words = command
    assert program == "qubix-agent"
    joining = [*words, "--home", str(home.root), "--simulate", gpus, "--as", "native"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QUBIX_")}
    with (folder / "agent.out").open("wb") as said:
        agent = subprocess.Popen(
            [sys.executable, "-m", "qubix_agent.cli", *joining],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield agent
    finally:
        agent.send_signal(signal.SIGINT)
        try:
            agent.wait(timeout=_LEAVES_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(agent.pid, signal.SIGKILL)  # it leads a group of its own
            agent.wait()
            raise
