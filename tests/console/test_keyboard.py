"""A launch from the first page to the running job, with nothing but a keyboard."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.console.conftest import OpenPage
from tests.console.launching import PROGRAM, STARTS_WITHIN_MS, give_play_money
from tests.console.world import World

MOST_STEPS = 150
_FOCUSED = """() => {
  const at = document.activeElement;
  const ids = (at.getAttribute("aria-labelledby") ?? "").split(" ");
  const labelled = ids.map((id) => document.getElementById(id)?.innerText);
  const labels = [...(at.labels ?? [])].map((one) => one.innerText);
  const words = [at.type, at.getAttribute("aria-label"), ...labelled, ...labels, at.innerText];
  return words.filter(Boolean).join(" | ");
}"""


def test_a_job_is_launched_without_a_mouse(open_page: OpenPage, world: World, tmp_path: Path) -> None:
    script = tmp_path / "keys.py"
    script.write_text(PROGRAM)
    page = open_page(is_signed_in=True)
    # Listened to from the start: a chooser that opens before the browser hands it over is never told of.
    page.on("filechooser", lambda chooser: chooser.set_files(script))
    give_play_money(page, world)
    page.goto(f"{world.url}/app/marketplace")

    tab_to(page, "Jobs")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Jobs", level=1)).to_be_visible()
    tab_to(page, "New job")
    page.keyboard.press("Enter")
    expect(page.locator("input[type=file]")).to_be_attached()
    tab_to(page, "file")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What it seems to need")).to_be_visible()

    tab_to(page, "Isolation, at least")
    page.keyboard.press("Enter")
    choose(page, "none (your own machines)")
    for shown in ("The best that fits", "Price cap, QU per hour", "Held at the start"):
        tab_to(page, "Next")
        page.keyboard.press("Enter")
        expect(page.get_by_text(shown).first).to_be_visible()
    expect(page.get_by_role("button", name="Launch", exact=True)).to_be_enabled()
    tab_to(page, "Launch")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="keys.py", level=1)).to_be_visible(timeout=STARTS_WITHIN_MS)
    expect(page.get_by_role("button", name="Run again")).to_be_visible(timeout=STARTS_WITHIN_MS)


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    passed = []
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        words = [word.strip() for word in str(page.evaluate(_FOCUSED)).split("|")]
        if any(word == name for word in words):
            return
        passed.append(words[-1][:40])
    raise AssertionError(f"Tab never came to {name!r}; it passed {passed}")


def choose(page: Page, option: str) -> None:
    """Press the arrow down until the option is the one that Enter takes, and take it."""
    highlighted = page.locator("[role=option][class*=highlighted]")
    for _ in range(MOST_STEPS):
        if highlighted.count() and option in highlighted.first.inner_text():
            page.keyboard.press("Enter")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrow never came to {option!r}")
