"""What changes on the platform is seen on every page that shows it, without anybody asking."""

import re

from playwright.sync_api import expect

from tests.console.conftest import OpenPage
from tests.console.world import World

SECONDS_TO_SEE = 2


def test_two_browsers_see_a_change_within_two_seconds(open_page: OpenPage, world: World) -> None:
    machine = world.machines()[0]
    price = 4_711
    pages = [open_page(), open_page()]
    for page in pages:
        page.goto(f"{world.url}/app/marketplace")
        expect(page.locator("tbody tr")).to_have_count(len(world.machines()))
    world.operator.patch(f"/api/providers/{machine['id']}", json={"pricePerHour": price}).raise_for_status()
    for page in pages:
        row = page.locator("tbody tr").filter(has_text=re.compile(r"4\s711\sQU"))
        expect(row).to_have_count(1, timeout=SECONDS_TO_SEE * 1_000)
