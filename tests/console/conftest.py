"""A real platform, a real browser, and pages that must not complain."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from qubix import Client
from tests.console.variants import DESKTOP, Variant
from tests.console.world import CONSUMER, World
from tests.platform_fixture import LivePlatform, platform
from tools.console import sources
from tools.console.chromium import ARGUMENTS, find_chromium

__all__ = ["platform"]

OpenPage = Callable[..., Page]
"""Opens a window: `open_page(variant, is_signed_in=…, is_operator=…)`."""

_HERE: Final = Path(__file__).parent
# A stranger is told by it that nobody is signed in.
_NO_SESSION: Final = "status of 401"
# The first of them bears the start of the platform, and the browser has what the platform leaves it of two cores.
_SECONDS_EACH: Final = 300


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs a browser, and its time."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker("console")
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(_SECONDS_EACH))


@pytest.fixture(scope="package")
def world(platform: LivePlatform) -> Iterator[World]:
    """The platform, with the console as its sources are."""
    with behind(platform.url, platform.api_key) as found:
        yield found


@contextmanager
def behind(url: str, api_key: str) -> Iterator[World]:
    """What is behind the pages of a platform.

    Args:
        url: of the platform.
        api_key: of its operator.
    """
    assert not sources.is_stale(), "the console is not built, or not from these sources: run `make console`"
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as operator, Client(url, api_key) as client:
        yield World(url=url, operator=operator, client=client)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A browser. Pages have the time that they need on a machine that does much else."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What pages and their scripts complained of; a test that provokes a complaint clears the list."""
    heard: list[str] = []
    yield heard
    assert heard == []


@pytest.fixture
def open_page(world: World, chromium: Browser, complaints: list[str]) -> Iterator[OpenPage]:
    """Windows of browsers of their own, closed at the end."""
    with ExitStack() as stack:

        def open_one(
            variant: Variant = DESKTOP,
            *,
            is_signed_in: bool = False,
            is_operator: bool = False,
            wallet: int = CONSUMER,
        ) -> Page:
            context = stack.enter_context(
                chromium.new_context(
                    viewport={"width": variant.width, "height": variant.height},
                    color_scheme=variant.theme,
                    reduced_motion="reduce",
                    locale=variant.locale,
                )
            )
            if is_signed_in:
                world.sign_in(context, wallet)
            page = _listening(context, complaints)
            if is_operator:
                world.sign_in_operator(page)
            return page

        yield open_one


def _listening(context: BrowserContext, complaints: list[str]) -> Page:
    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and _NO_SESSION not in message.text:
            complaints.append(f"{message.text} ({message.location.get('url', '')})")

    page = context.new_page()
    page.on("console", hear)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page
