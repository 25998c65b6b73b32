"""A group is resized, given items, and ended from its page."""

from typing import Final

from playwright.sync_api import expect

from tests.console.conftest import OpenPage
from tests.console.grouping import make_group, open_group
from tests.console.world import World

OWNER: Final = 5
"""A development wallet whose groups no other test looks at."""


def test_a_group_is_given_items_resized_and_ended(open_page: OpenPage, world: World) -> None:
    page = open_page(is_signed_in=True, wallet=OWNER)
    page.goto(f"{world.url}/app/groups")
    make_group(page, world)
    open_group(page)

    page.get_by_role("button", name="Add items").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill('{\n  "frame": 6\n}\nplain text')
    dialog.get_by_role("button", name="Add items").click()
    expect(page.get_by_text("2 items were added.")).to_be_visible()
    expect(page.get_by_role("cell", name="plain text")).to_be_visible()

    page.get_by_role("button", name="Resize").click()
    page.get_by_role("dialog").get_by_role("textbox", name="At most").fill("201")
    expect(page.get_by_text("Give whole numbers")).to_be_visible()
    page.get_by_role("dialog").get_by_role("textbox", name="At most").fill("4")
    page.get_by_role("dialog").get_by_role("textbox", name="At most").press("Enter")
    expect(page.get_by_text("(0 to 4)")).to_be_visible()

    page.get_by_role("button", name="End", exact=True).click()
    confirm = page.get_by_role("dialog").get_by_role("button", name="End", exact=True)
    expect(confirm).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill("end")
    confirm.click()
    expect(page.get_by_text("render-frames has ended.")).to_be_visible()
    expect(page.get_by_role("button", name="Resize")).to_have_count(0)
    expect(page.get_by_role("cell", name="Dropped").first).to_be_visible()
