"""What somebody who watches sees when a part of the platform is killed, on a platform that this file strikes."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.chaos.scene import PROVIDERS, Scene, scene, strike
from tests.console.conftest import OpenPage, behind
from tests.console.world import World

pytestmark = pytest.mark.timeout(500)

RECOVERS_WITHIN_MS = 120_000
OFFLINE = "The connection to the platform is lost."


@pytest.fixture(scope="module")
def struck() -> Iterator[Scene]:
    """A platform with three providers, of which this file kills parts."""
    with scene() as played:
        yield played


@pytest.fixture(scope="module")
def world(struck: Scene) -> Iterator[World]:
    """That platform, in place of the shared one."""
    with behind(struck.platform.url, struck.api_key) as found:
        yield found


def test_a_page_says_that_it_is_offline_and_catches_up_when_the_api_is_back(
    open_page: OpenPage, world: World, struck: Scene, complaints: list[str]
) -> None:
    page = open_page()
    page.goto(f"{world.url}/app/marketplace")
    expect(page.locator("tbody tr")).to_have_count(len(PROVIDERS))

    strike([each for each in struck.platform.descendants() if _serves(each.name(), each.cmdline())])
    expect(page.get_by_text(OFFLINE)).to_be_visible(timeout=RECOVERS_WITHIN_MS)
    expect(page.locator("tbody tr"), "what was known stays on the page").to_have_count(len(PROVIDERS))

    struck.await_recovery()
    _change_price(world, 8_642)
    expect(page.get_by_text(OFFLINE)).to_be_hidden(timeout=RECOVERS_WITHIN_MS)
    expect(page.locator("tbody tr").filter(has_text=re.compile(r"8\s642\sQU"))).to_have_count(1)
    complaints.clear()  # the browser notes each try that failed


def test_a_job_is_seen_to_move_when_its_machine_is_killed(
    open_page: OpenPage, world: World, struck: Scene, complaints: list[str]
) -> None:
    page = _signed_in(open_page(), world)
    [job] = struck.submit(1)
    page.goto(f"{world.url}/app/jobs/{job.id}/monitor")
    expect(page.locator(".log-row").filter(has_text="tick 5")).to_be_visible(timeout=RECOVERS_WITHIN_MS)

    strike(struck.provider_processes(struck.provider_of(job)))
    page.get_by_role("tab", name="Attempts").click()
    attempts = page.get_by_role("table", name="Attempts").locator("tbody tr")
    expect(attempts).to_have_count(2, timeout=RECOVERS_WITHIN_MS)
    expect(attempts.filter(has_text="Lost")).to_have_count(1)
    expect(attempts.filter(has_text="Completed")).to_have_count(1, timeout=RECOVERS_WITHIN_MS)
    page.get_by_role("tab", name="Receipt").click()
    expect(page.get_by_text("Back to you")).to_be_visible()
    struck.await_recovery()
    struck.check_all()


def _serves(name: str, command: list[str]) -> bool:
    """Whether a process is the proxy or a replica of the API."""
    return name == "haproxy" or any("ServeReplica" in word for word in command)


def _change_price(world: World, price: int) -> None:
    machine = world.machines()[0]
    world.operator.patch(f"/api/providers/{machine['id']}", json={"pricePerHour": price}).raise_for_status()


def _signed_in(page: Page, world: World) -> Page:
    """Signed in as the operator, whose jobs they are, by a link."""
    link = world.operator.post("/api/wallet/links").json()["url"]
    page.goto(str(httpx.URL(world.url).join(httpx.URL(link).raw_path.decode())) + "#" + link.partition("#")[2])
    expect(page).to_have_url(f"{world.url}/app/marketplace")
    return page
