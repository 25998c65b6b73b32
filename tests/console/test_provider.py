"""The owner of a machine in the browser: the join command, the machine's arrival, and what its owner does with it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import OpenPage
from tests.console.joining import joined, make_command
from tests.console.launching import PROGRAM, STARTS_WITHIN_MS, begin, give_play_money, go_on, launch
from tests.console.world import OWNER, World

ARRIVES_WITHIN_MS: Final = 60_000
"""The agent starts, looks at its hardware and registers."""
SEEN_WITHIN_MS: Final = 30_000
"""Where every window of a machine of two cores waits for its turn."""
NAME: Final = "Ada's rig"


@pytest.fixture
def owner(open_page: OpenPage, world: World) -> Iterator[Page]:
    """A window of somebody whose machines are off the market afterwards, however the test went."""
    page = open_page(is_signed_in=True, wallet=OWNER)
    yield page
    for machine in page.request.get(f"{world.url}/api/providers/my").json():
        removed = page.request.delete(f"{world.url}/api/providers/{machine['id']}", headers={"Origin": world.url})
        assert removed.ok, removed.text()


def test_waiting_turns_into_the_machine_which_its_owner_prices_pauses_and_removes(
    owner: Page, open_page: OpenPage, world: World, tmp_path: Path
) -> None:
    page, market = owner, open_page()
    market.goto(f"{world.url}/app/marketplace")
    offer = market.locator("tbody tr").filter(has_text="RTX 3060")
    page.goto(f"{world.url}/app/provider/register")
    expect(page.get_by_text("Software adapter, drawn by the CPU: not a GPU")).to_have_count(2)
    expect(page.get_by_text("This browser sees no GPU")).to_be_visible()
    page.get_by_label("Name on the market").fill(NAME)
    page.get_by_label("Price, QU per hour and GPU").fill("4 200")
    command = make_command(page)
    expect(page.get_by_text("Waiting for your machine")).to_be_visible()
    with joined(command, tmp_path, gpus="RTX 3060:1") as agent:
        expect(page.get_by_text(f"{NAME} is on the market")).to_be_visible(timeout=ARRIVES_WITHIN_MS)
        expect(page.get_by_text(re.compile(r"RTX 3060, 12 GiB, for 4\s200\sQU per hour"))).to_be_visible()
        expect(offer.filter(has_text=re.compile(r"4\s200\sQU"))).to_have_count(1, timeout=SEEN_WITHIN_MS)

        page.get_by_role("link", name="Open the machine").click()
        expect(page.get_by_role("meter", name=f"CPU of {NAME}")).to_be_visible(timeout=SEEN_WITHIN_MS)
        page.get_by_role("button", name=f"Change {NAME}").click()
        page.get_by_role("dialog").get_by_label("Price, QU per hour and GPU").fill("3 900")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(offer.filter(has_text=re.compile(r"3\s900\sQU"))).to_have_count(1, timeout=SEEN_WITHIN_MS)

        page.get_by_role("button", name=f"Pause {NAME}").click()
        expect(offer.filter(has_text="Paused")).to_have_count(1, timeout=SEEN_WITHIN_MS)
        page.get_by_role("button", name="Undo").click()
        expect(offer.filter(has_text="1 free")).to_have_count(1, timeout=SEEN_WITHIN_MS)

        more(page, "Drain")
        page.get_by_role("dialog").get_by_role("button", name="Drain").click()
        assert agent.wait(timeout=60) == 0
        expect(page.get_by_text("Offline", exact=True)).to_be_visible(timeout=SEEN_WITHIN_MS)
    remove(page)
    expect(offer).to_have_count(0, timeout=SEEN_WITHIN_MS)


def test_from_the_landing_page_to_a_paid_provider(
    owner: Page, open_page: OpenPage, world: World, tmp_path: Path
) -> None:
    script = tmp_path / "answer.py"
    script.write_text(PROGRAM)
    consumer = open_page(is_signed_in=True)
    owner.goto(world.url)
    owner.get_by_role("link", name="Share my GPU").last.click()
    command = make_command(owner)
    with joined(command, tmp_path / "agent", gpus="RTX 3060:1"):
        expect(owner.get_by_text("is on the market")).to_be_visible(timeout=ARRIVES_WITHIN_MS)

        give_play_money(consumer, world)
        consumer.goto(world.url)
        consumer.get_by_role("link", name="See what is for rent").click()
        rented = consumer.get_by_role("link", name=re.compile("^Rent RTX 3060 on "))
        rented.click()
        expect(consumer.get_by_role("heading", name="Beside the market")).to_be_visible()
        chosen = consumer.get_by_role("link", name="Rent", exact=True).get_attribute("href")
        begin(consumer, world, script, at=chosen or "")
        go_on(consumer)
        go_on(consumer)
        expect(consumer.get_by_label("Price cap, QU per hour")).not_to_have_value("")
        go_on(consumer)
        expect(consumer.get_by_text("Held at the start")).to_be_visible()
        owner.get_by_role("link", name="My hardware").click()
        expect(owner.get_by_text("Online, free")).to_be_visible()
        launch(consumer)
        expect(consumer.get_by_role("button", name="Run again")).to_be_visible(timeout=STARTS_WITHIN_MS)

        owner.get_by_role("link", name="Earnings").click()
        expect(owner.get_by_role("cell", name="Completed")).to_be_visible(timeout=SEEN_WITHIN_MS)
        earned = owner.get_by_role("row").filter(has_text="Completed").get_by_role("cell").last
        expect(earned).to_have_text(re.compile(r"^[1-9][\d\s]*\sQU$"))
        expect(owner.get_by_text("1 job completed")).to_be_visible()
        owner.get_by_role("link", name="My hardware").click()
        owner.get_by_role("main").get_by_role("link").filter(has_not_text="Share").first.click()
        expect(owner.get_by_text("Online, free")).to_be_visible(timeout=SEEN_WITHIN_MS)
        remove(owner)


def more(page: Page, item: str) -> None:
    """Open what else can be done with the machine, and choose."""
    page.get_by_role("button", name=re.compile("^More actions")).click()
    page.get_by_role("menuitem", name=item).click()


def remove(page: Page) -> None:
    """Take the machine of the page off the market, its id typed."""
    more(page, "Remove")
    dialog = page.get_by_role("dialog")
    confirm = dialog.get_by_role("button", name="Remove")
    expect(confirm).to_be_disabled()
    field = dialog.get_by_role("textbox")
    field.fill(field.get_attribute("placeholder") or "")
    confirm.click()
    expect(page.get_by_text("was removed.")).to_be_visible()
