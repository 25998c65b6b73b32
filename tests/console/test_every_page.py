"""Every page in every state can be used by everybody, fits its window, and complains of nothing."""

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.console.axe import violations
from tests.console.conftest import OpenPage
from tests.console.pages import PAGES, PageState
from tests.console.variants import DESKTOP, IN_PORTUGUESE, PHONE, THEMES, Theme, Variant
from tests.console.world import World

NARROWEST: Final = 360
WIDEST: Final = 3840
# A window that has just been made another size draws its page anew first.
_OVERFLOW: Final = """async (patienceMs) => {
  const { documentElement: page } = document;
  const until = performance.now() + patienceMs;
  while (page.scrollWidth > page.clientWidth && performance.now() < until) await new Promise(requestAnimationFrame);
  return page.scrollWidth - page.clientWidth;
}"""
_PATIENCE_MS: Final = 5_000


def opened(open_page: OpenPage, variant: Variant, state: PageState, world: World) -> Page:
    """A window with the page in the state."""
    page = open_page(variant, is_signed_in=state.is_signed_in, is_operator=state.is_operator, wallet=state.wallet)
    page.goto(state.address(world))
    expect(page.locator(state.ready).first).to_be_visible()
    state.prepare(page, world)
    return page


def opened_in_portuguese(open_page: OpenPage, variant: Variant, state: PageState, world: World) -> Page:
    """A window with the page in Portuguese."""
    page = open_page(variant, is_signed_in=state.is_signed_in, is_operator=state.is_operator, wallet=state.wallet)
    page.goto(state.address(world))
    expect(page.locator("html[lang^=pt]")).to_be_attached()
    expect(page.locator("h1" if "text" in state.ready else state.ready).first).to_be_visible()
    expect(page.locator("[class*=awsui_spinner]")).to_have_count(0)
    return page


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    wider: int = page.evaluate(_OVERFLOW, _PATIENCE_MS)
    return wider


@pytest.mark.parametrize(("variant", "extreme"), [(DESKTOP, WIDEST), (PHONE, NARROWEST)], ids=["desk", "phone"])
@pytest.mark.parametrize("state", PAGES, ids=str)
def test_axe_finds_nothing_in_light_and_dark_and_nothing_overflows(
    open_page: OpenPage, world: World, state: PageState, variant: Variant, extreme: int
) -> None:
    page = opened(open_page, variant, state, world)
    for theme in THEMES:
        put_on(page, theme)
        assert violations(page) == [], theme
    assert overflow(page) == 0
    page.set_viewport_size({"width": extreme, "height": variant.height})
    assert overflow(page) == 0, f"{extreme} pixels wide"
    assert page.title().endswith("QUBIX")


@pytest.mark.parametrize("state", [state for state in PAGES if state.is_plain], ids=str)
def test_in_portuguese_nothing_overflows(open_page: OpenPage, world: World, state: PageState) -> None:
    page = opened_in_portuguese(open_page, IN_PORTUGUESE[0], state, world)
    for width in (DESKTOP.width, PHONE.width, NARROWEST):
        page.set_viewport_size({"width": width, "height": DESKTOP.height})
        assert overflow(page) == 0, f"{width} pixels wide"


def put_on(page: Page, theme: Theme) -> None:
    """Have the reader's system ask for light or dark colours, and the page follow."""
    page.emulate_media(color_scheme=theme)
    expect(page.locator("body.awsui-dark-mode")).to_have_count(1 if theme == "dark" else 0)
