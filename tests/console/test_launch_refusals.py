"""What stands in the way of a launch is said where it happens, and nothing that was entered is lost."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import OpenPage
from tests.console.launching import PROGRAM, begin, give_play_money, go_on, to_review
from tests.console.world import World

POOR = 2
"""A development wallet that nobody gives play money before."""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A program that runs."""
    place = tmp_path / "answer.py"
    place.write_text(PROGRAM)
    return place


def test_a_file_that_is_no_program_is_refused_with_the_line(
    open_page: OpenPage, world: World, tmp_path: Path, complaints: list[str]
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("def broken(:\n")
    page = open_page(is_signed_in=True)
    page.goto(f"{world.url}/app/jobs/submit")
    page.locator("input[type=file]").set_input_files(broken)
    expect(page.get_by_text("line 1", exact=False).first).to_be_visible()
    complaints.clear()  # the browser tells of the refused request

    table = tmp_path / "table.csv"
    table.write_text("1,2\n")
    page.get_by_role("button", name="Begin anew").click()
    page.locator("input[type=file]").set_input_files(table)
    expect(page.get_by_text("None of the files is a Python script")).to_be_visible()
    go_on(page)
    expect(page.get_by_role("heading", name="What to run", level=1)).to_be_visible()


def test_without_balance_the_platform_says_what_is_missing(
    open_page: OpenPage, world: World, script: Path, complaints: list[str]
) -> None:
    page = open_page()
    world.sign_in(page.context, wallet=POOR)
    begin(page, world, script)
    to_review(page)
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_text("The job was not created")).to_be_visible()
    expect(page.get_by_label("Steps")).to_be_visible()
    complaints.clear()

    give_play_money(page, world)
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.get_by_role("button", name="Clone")).to_be_visible()


def test_a_machine_that_was_taken_meanwhile_is_told_before_anything_is_created(
    open_page: OpenPage, world: World, script: Path
) -> None:
    page = open_page(is_signed_in=True)
    give_play_money(page, world)
    begin(page, world, script)
    to_review(page)
    pause(world, is_available=False)
    try:
        page.get_by_role("button", name="Launch", exact=True).click()
        expect(page.get_by_text("The machine was taken a moment ago")).to_be_visible()
        assert jobs_of(page, world) == []
    finally:
        pause(world, is_available=True)


def test_what_was_entered_survives_leaving_the_page(open_page: OpenPage, world: World, script: Path) -> None:
    page = open_page(is_signed_in=True)
    begin(page, world, script)
    go_on(page)
    expect(page.get_by_text("The best that fits")).to_be_visible()
    page.goto(f"{world.url}/app/marketplace")
    page.goto(f"{world.url}/app/jobs/submit")
    expect(page.get_by_text("The best that fits")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_text("answer.py").first).to_be_visible()


def test_a_session_that_ends_is_asked_for_again_over_the_page(
    open_page: OpenPage, world: World, script: Path, complaints: list[str]
) -> None:
    page = open_page(is_signed_in=True)
    begin(page, world, script)
    page.context.clear_cookies()
    go_on(page)
    expect(page.get_by_role("dialog")).to_be_visible()
    complaints.clear()
    page.get_by_role("dialog").get_by_role("button", name="Sign in with the development wallet").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("The best that fits")).to_be_visible()


def pause(world: World, *, is_available: bool) -> None:
    """Take all machines off the market, or put them back."""
    for machine in world.machines():
        patched = world.operator.patch(f"/api/providers/{machine['id']}", json={"isAvailable": is_available})
        patched.raise_for_status()


def jobs_of(page: Page, world: World) -> list[str]:
    """The names of the jobs that wait."""
    waiting = page.request.get(f"{world.url}/api/jobs", params={"status": "PENDING"}).json()
    return [job["name"] for job in waiting]
