"""Every page in every state can be used by everybody, fits its window, and complains of nothing."""

import pytest
from playwright.sync_api import Page, expect

from tests.console.axe import violations
from tests.console.conftest import OpenPage
from tests.console.pages import PAGES, PageState
from tests.console.variants import VARIANTS, Variant
from tests.console.world import World

NARROWEST = Variant(360, 740, "light")
WIDEST = Variant(3840, 2160, "light")


def opened(open_page: OpenPage, variant: Variant, state: PageState, world: World) -> Page:
    """A window with the page in the state."""
    page = open_page(variant, is_signed_in=state.is_signed_in, is_operator=state.is_operator, wallet=state.wallet)
    page.goto(state.address(world))
    expect(page.locator(state.ready).first).to_be_visible()
    state.prepare(page, world)
    return page


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("state", PAGES, ids=str)
def test_axe_finds_nothing_and_nothing_overflows(
    open_page: OpenPage, world: World, state: PageState, variant: Variant
) -> None:
    page = opened(open_page, variant, state, world)
    assert violations(page) == []
    assert overflow(page) == 0
    assert page.title().endswith("QUBIX")


@pytest.mark.parametrize("variant", [NARROWEST, WIDEST], ids=str)
@pytest.mark.parametrize("state", PAGES, ids=str)
def test_it_fits_the_narrowest_and_the_widest_window(
    open_page: OpenPage, world: World, state: PageState, variant: Variant
) -> None:
    page = opened(open_page, variant, state, world)
    assert overflow(page) == 0
