"""The marketplace as it is found: every column that is shown is seen."""

from typing import Final

from playwright.sync_api import expect

from tests.console.conftest import OpenPage
from tests.console.world import World

# Not `wait_for_function`, which the page's content security policy forbids.
_HIDDEN_PIXELS: Final = """async (patienceMs) => {
  const boxes = () => [...document.querySelectorAll("table")].map((table) => table.parentElement);
  const hidden = () => Math.max(...boxes().map((box) => box.scrollWidth - box.clientWidth));
  const until = performance.now() + patienceMs;
  while (hidden() !== 0 && performance.now() < until) await new Promise(requestAnimationFrame);
  return hidden();
}"""
_PATIENCE_MS: Final = 20_000


def test_at_first_the_table_shows_all_its_columns_on_a_desk(open_page: OpenPage, world: World) -> None:
    page = open_page(is_signed_in=True)
    page.goto(f"{world.url}/app/marketplace")
    expect(page.locator("tbody tr")).to_have_count(len(world.machines()))
    expect(page.get_by_role("columnheader", name="Rent")).to_be_visible()
    assert page.evaluate(_HIDDEN_PIXELS, _PATIENCE_MS) == 0
