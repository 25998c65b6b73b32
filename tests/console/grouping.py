"""A group that waits for machines, with items in its queue."""

from playwright.sync_api import Locator, Page, expect

from tests.console.money import ask
from tests.console.world import World


def make_group(page: Page, world: World) -> None:
    """Have whoever is signed in on the page own a group."""
    ask(page, world, "/api/dev/credit", {"amount": 50_000_000})
    request = {
        "modelType": "script",
        "name": "render-frames",
        "source": "print('hello')",
        "resources": {"gpuCount": 1, "minVramMib": 4_000_000, "isolationLevel": "none"},
        "maxPrice": 360_000,
        "timeLimitSeconds": 600,
        "maxWorkers": 2,
    }
    group = ask(page, world, "/api/groups", request)["group"]["id"]
    items = [{"data": {"frame": frame, "quality": "high"}} for frame in range(1, 6)]
    ask(page, world, f"/api/groups/{group}/items", {"items": items})
    page.reload()


def with_group(page: Page, world: World) -> None:
    """Somebody's group, as a list shows it; made once for all pages."""
    if "group" not in world.done:
        make_group(page, world)
        world.done.add("group")
    expect(_link(page)).to_be_visible()


def one_group(page: Page, world: World) -> None:
    """The group itself."""
    with_group(page, world)
    open_group(page)


def open_group(page: Page) -> None:
    """From the list to the group."""
    _link(page).click()
    expect(page.get_by_role("heading", name="render-frames", level=1)).to_be_visible()
    expect(page.get_by_role("rowheader").first).to_be_visible()


def _link(page: Page) -> Locator:
    return page.get_by_role("link", name="render-frames").first


def resize_group(page: Page, world: World) -> None:
    """Other bounds for it."""
    one_group(page, world)
    page.get_by_role("button", name="Resize").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def add_items(page: Page, world: World) -> None:
    """More items for it."""
    one_group(page, world)
    page.get_by_role("button", name="Add items").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def end_group(page: Page, world: World) -> None:
    """The question whether it is to end."""
    one_group(page, world)
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()
