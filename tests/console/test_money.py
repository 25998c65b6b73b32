"""The way of money: in from a wallet on the chain, three confirmations, the books, and out again."""

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from tests.console.conftest import OpenPage
from tests.console.money import CHAIN_MS
from tests.console.world import World

WALLET: Final = 4
"""A development wallet whose balance here no other test moves."""

QU: Final = "\u202fQU"


def row(page: Page, amount: str) -> Locator:
    """The line of a table that tells of an amount."""
    return page.locator("tbody tr").filter(has_text=amount)


def available(page: Page, world: World, amount: str) -> None:
    """The balance's page tells so much as available."""
    page.goto(f"{world.url}/app/billing")
    shown = (amount + QU).replace("\u202f", r"\s")
    expect(page.get_by_role("definition").first).to_have_text(re.compile(f"^{shown}To spend"))


def test_a_deposit_is_confirmed_three_times_and_a_withdrawal_goes_out_again(open_page: OpenPage, world: World) -> None:
    page = open_page(is_signed_in=True, wallet=WALLET)
    available(page, world, "0")

    page.goto(f"{world.url}/app/billing/deposits")
    told: list[str] = []

    def tell(confirmations: str) -> None:
        told.append(confirmations)

    page.expose_function("tell", tell)
    page.evaluate(_TELL_CONFIRMATIONS)
    page.get_by_label("Amount, QU").fill("3 000 000")
    page.get_by_role("button", name="Pay from development wallet").click()
    deposit = row(page, f"3\u202f000\u202f000{QU}")
    expect(deposit.get_by_text("Credited")).to_be_visible(timeout=CHAIN_MS)
    counted = {int(text[0]) for text in told}
    assert counted, "the confirmations were told on the way"
    assert counted <= {0, 1, 2}  # with the third it is credited

    available(page, world, "3\u202f000\u202f000")
    page.goto(f"{world.url}/app/billing/statement")
    line = row(page, f"+3\u202f000\u202f000{QU}")
    expect(line.get_by_role("rowheader", name="Deposit", exact=True)).to_be_visible()

    page.goto(f"{world.url}/app/billing/withdrawals")
    page.get_by_role("textbox", name="Amount, QU").fill("3000001")
    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_text("That is more than the 3\u202f000\u202f000\u202fQU")).to_be_visible()
    page.get_by_role("textbox", name="Amount, QU").fill("1000000")
    page.get_by_role("button", name="My wallet").click()
    address = page.get_by_role("textbox", name="To the identity").input_value()
    page.get_by_role("button", name="Withdraw", exact=True).click()
    confirm = page.get_by_role("dialog").get_by_role("button", name="Withdraw for good")
    expect(confirm).to_be_disabled()
    page.get_by_role("dialog").get_by_role("textbox").fill(address[-6:])
    confirm.click()

    steps = page.get_by_role("dialog", name="Withdrawal")
    expect(steps.get_by_text("Queued").first).to_be_visible()
    expect(steps.get_by_text("Transaction")).to_be_visible(timeout=CHAIN_MS)
    steps.get_by_role("button", name="Close").last.click()
    withdrawal = row(page, f"1\u202f000\u202f000{QU}")
    expect(withdrawal.get_by_text("Confirmed")).to_be_visible(timeout=CHAIN_MS)
    available(page, world, "2\u202f000\u202f000")


def test_a_limit_is_set_shown_against_what_is_spent_and_taken_back(open_page: OpenPage, world: World) -> None:
    page = open_page(is_signed_in=True, wallet=WALLET)
    page.goto(f"{world.url}/app/billing/limits")
    page.get_by_role("button", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="For one day (UTC)").fill("two")
    expect(dialog.get_by_text("It has to be a whole number of QU.")).to_be_visible()
    dialog.get_by_role("textbox", name="For one day (UTC)").fill("2 000")
    dialog.get_by_role("textbox", name="For one day (UTC)").press("Enter")
    expect(page.get_by_text(re.compile(r"0\sQU of 2\s000\sQU"))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile(r"of 2\s000\sQU"))).to_have_count(0)


_TELL_CONFIRMATIONS: Final = """() => {
  const look = () => {
    for (const [text] of document.body.innerText.matchAll(/[0-3] of 3 confirmations/g)) globalThis.tell(text);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
