"""The owner of a machine in the browser: the join command, the machine's arrival, and what its owner does with it."""

import re
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from tests.console.conftest import OpenPage
from tests.console.joining import joined, make_command
from tests.console.world import OWNER, World

ARRIVES_WITHIN_MS: Final = 30_000
"""The agent starts, looks at its hardware and registers."""
SEEN_WITHIN_MS: Final = 10_000


def test_waiting_turns_into_the_machine_that_joined(open_page: OpenPage, world: World, tmp_path: Path) -> None:
    page = open_page()
    world.sign_in(page.context, wallet=OWNER)
    page.goto(f"{world.url}/app/provider/register")
    expect(page.get_by_text("Software adapter, drawn by the CPU: not a GPU")).to_have_count(2)
    expect(page.get_by_text("This browser sees no GPU")).to_be_visible()
    page.get_by_label("Name on the market").fill("Ada's rig")
    page.get_by_label("Price, QU per hour and GPU").fill("4 200")
    command = make_command(page)
    expect(page.get_by_text("Waiting for your machine")).to_be_visible()
    with joined(command, tmp_path, gpus="RTX 3060:1"):
        expect(page.get_by_text("is on the market")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
        expect(page.get_by_text(re.compile(r"RTX 3060, 12 GiB, for 4\s200\sQU per hour"))).to_be_visible()
        page.get_by_role("link", name="See it on the market").click()
        expect(page.locator("tbody tr").filter(has_text="RTX 3060")).to_have_count(1, timeout=SEEN_WITHIN_MS)
    for machine in page.request.get(f"{world.url}/api/providers/my").json():
        gone = page.request.delete(f"{world.url}/api/providers/{machine['id']}", headers={"Origin": world.url})
        assert gone.ok, gone.text()
