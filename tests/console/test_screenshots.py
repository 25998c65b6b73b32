"""`make screenshots`: a picture of every page in every state, for people to look at, and what changed since then."""

import shutil
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page

from tests.console.conftest import OpenPage
from tests.console.pages import PAGES, PageState
from tests.console.test_every_page import opened, opened_in_portuguese
from tests.console.variants import IN_PORTUGUESE, VARIANTS, Variant
from tests.console.world import World
from tools.console.sources import UI

FOLDER: Final = UI / "screenshots"
LAST: Final = FOLDER / "last"
CHANGED: Final = FOLDER / "changed"
# What is as high as a part of its window grows with it.
_GROWTHS: Final = 8


@pytest.fixture(scope="module", autouse=True)
def pictures() -> None:
    """Make room: the pictures that are there become the last ones."""
    before = list(FOLDER.glob("*.png"))
    shutil.rmtree(CHANGED, ignore_errors=True)
    CHANGED.mkdir(parents=True)
    if before:
        shutil.rmtree(LAST, ignore_errors=True)
        LAST.mkdir()
        for picture in before:
            picture.rename(LAST / picture.name)


@pytest.mark.screenshots
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("state", PAGES, ids=str)
def test_take(open_page: OpenPage, world: World, state: PageState, variant: Variant) -> None:
    take(opened(open_page, variant, state, world), state, variant)


@pytest.mark.screenshots
@pytest.mark.parametrize("variant", IN_PORTUGUESE, ids=str)
@pytest.mark.parametrize("state", [state for state in PAGES if state.is_plain], ids=str)
def test_take_in_portuguese(open_page: OpenPage, world: World, state: PageState, variant: Variant) -> None:
    take(opened_in_portuguese(open_page, variant, state, world), state, variant)


def take(page: Page, state: PageState, variant: Variant) -> None:
    """Make the page's picture, and one of what differs in it from the last one."""
    page.evaluate("() => document.fonts.ready")
    picture = FOLDER / f"{state}-{variant}.png"
    show_whole(page, width=variant.width)
    page.screenshot(path=picture, animations="disabled")
    if (LAST / picture.name).is_file() and (difference := compare(LAST / picture.name, picture)) is not None:
        difference.save(CHANGED / picture.name)
        print(f"changed: {CHANGED / picture.name}")


def show_whole(page: Page, *, width: int) -> None:
    """Make the window as high as its page; a picture of the full page would make it a pixel wide for a moment."""
    for _ in range(_GROWTHS):
        height = page.evaluate("() => document.documentElement.scrollHeight")
        if height <= page.evaluate("() => innerHeight"):
            return
        page.set_viewport_size({"width": width, "height": height})


def compare(last: Path, now: Path) -> Image.Image | None:
    """Both pictures beside where they differ, or None where they do not."""
    with Image.open(last) as first, Image.open(now) as second:
        before, after = first.convert("RGB"), second.convert("RGB")
    size = (max(before.width, after.width), max(before.height, after.height))
    frames = [_on(before, size), _on(after, size)]
    difference = ImageChops.difference(*frames)
    if difference.getbbox() is None:
        return None
    shown = Image.new("RGB", (size[0] * 3, size[1]))
    for place, part in enumerate([*frames, difference.point(lambda value: min(255, value * 8))]):
        shown.paste(part, (place * size[0], 0))
    return shown


def _on(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    sheet = Image.new("RGB", size)
    sheet.paste(picture)
    return sheet
