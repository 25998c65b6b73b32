"""The steps of a launch, as somebody takes them in the browser."""

import re
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect

from tests.console.world import World

STARTS_WITHIN_MS: Final = 60_000
"""An environment may have to be built first."""

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "train_digits.py"

PROGRAM: Final = """
import os
import time
from pathlib import Path

for step in range(15):
    print("step", step, flush=True)
    time.sleep(0.2)
(Path(os.environ["QUBIX_OUTPUT"]) / "answer.txt").write_text("forty-two")
"""


def begin(page: Page, world: World, script: Path, *, at: str = "/app/jobs/submit") -> None:
    """Open the launch, and hand the script over: until it was analysed, and any simulated machine will do."""
    page.goto(f"{world.url}{at}")
    page.locator("input[type=file]").set_input_files(script)
    expect(page.get_by_text("What it seems to need")).to_be_visible()
    page.get_by_label("Isolation, at least").click()
    page.get_by_role("option", name="none (your own machines)").click()


def go_on(page: Page) -> None:
    """To the next step."""
    page.get_by_role("button", name="Next", exact=True).click()


def to_review(page: Page) -> None:
    """From the work to the last step, with the best machine and what the form suggests."""
    _choose_machine(page)
    _configure(page)
    go_on(page)
    expect(page.get_by_text("Held at the start")).to_be_visible()


def _choose_machine(page: Page) -> None:
    go_on(page)
    expect(page.get_by_text("The best that fits")).to_be_visible()


def _configure(page: Page) -> None:
    go_on(page)
    expect(page.get_by_label("Price cap, QU per hour")).not_to_have_value("")


def to_work(page: Page, world: World) -> None:
    """The first step, with an example that was analysed."""
    begin(page, world, EXAMPLE)


def to_machine(page: Page, world: World) -> None:
    """The step of the machines."""
    to_work(page, world)
    _choose_machine(page)


def to_configuration(page: Page, world: World) -> None:
    """The step of the configuration."""
    to_machine(page, world)
    _configure(page)


def to_end(page: Page, world: World) -> None:
    """The last step, of somebody who can pay."""
    if "launch money" not in world.done:
        give_play_money(page, world)
        world.done.add("launch money")
    to_work(page, world)
    to_review(page)


def launch(page: Page) -> None:
    """Off it goes, and on to its monitor."""
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page).to_have_url(re.compile(r"/app/jobs/[0-9a-f-]{36}/monitor"), timeout=STARTS_WITHIN_MS)


def give_play_money(page: Page, world: World, amount: int = 1_000_000_000) -> None:
    """Credit whoever is signed in."""
    answer = page.request.post(f"{world.url}/api/dev/credit", data={"amount": amount}, headers={"Origin": world.url})
    assert answer.ok, answer.text()
