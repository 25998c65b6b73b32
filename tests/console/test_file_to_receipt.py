"""Somebody who never read a manual: from a file to a running job, its output, its files and its receipt."""

from pathlib import Path

from playwright.sync_api import expect

from tests.console.conftest import OpenPage
from tests.console.launching import PROGRAM, STARTS_WITHIN_MS, begin, give_play_money, launch, to_review
from tests.console.world import World


def test_a_file_becomes_a_job_whose_output_files_and_receipt_are_seen(
    open_page: OpenPage, world: World, tmp_path: Path
) -> None:
    script = tmp_path / "answer.py"
    script.write_text(PROGRAM)
    page = open_page(is_signed_in=True)
    give_play_money(page, world)
    begin(page, world, script)
    to_review(page)
    launch(page)

    expect(page.get_by_role("heading", name="answer.py", level=1)).to_be_visible()
    expect(page.locator(".log-row").filter(has_text="step 14")).to_be_visible(timeout=STARTS_WITHIN_MS)
    expect(page.get_by_role("button", name="Run again")).to_be_visible(timeout=STARTS_WITHIN_MS)

    page.get_by_role("tab", name="Files").click()
    page.get_by_role("button", name="Look at it: answer.txt").click()
    expect(page.get_by_role("dialog").get_by_text("forty-two")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    page.get_by_role("tab", name="Receipt").click()
    expect(page.get_by_text("Back to you")).to_be_visible()
    expect(page.get_by_role("cell", name="computing")).to_be_visible()
