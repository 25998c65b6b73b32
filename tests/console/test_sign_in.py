"""Signing in: with a development wallet, and with a link from somewhere else."""

import re

import httpx
from playwright.sync_api import expect

from tests.console.conftest import OpenPage
from tests.console.world import World


def test_a_stranger_signs_in_with_a_development_wallet_and_sees_both_providers(
    open_page: OpenPage, world: World
) -> None:
    page = open_page()
    page.goto(world.url)
    page.get_by_role("link", name="Sign in").first.click()
    page.get_by_role("button", name="Sign in with the development wallet").click()
    expect(page).to_have_url(f"{world.url}/app/marketplace")
    expect(page.locator("tbody tr")).to_have_count(len(world.machines()))
    cookies = page.context.cookies()
    assert [(each["name"], each["httpOnly"], each["sameSite"]) for each in cookies] == [
        ("qubix_session", True, "Strict")
    ]


def test_a_link_opens_the_console_signed_in_and_is_good_once(
    open_page: OpenPage, world: World, complaints: list[str]
) -> None:
    link = world.operator.post("/api/wallet/links").json()["url"]
    page = open_page()
    page.goto(here(link, world))
    expect(page).to_have_url(f"{world.url}/app/marketplace")
    me = page.request.get(f"{world.url}/api/users/me").json()
    assert me["id"] == world.operator.get("/api/users/me").json()["id"]

    second = open_page()
    second.goto(here(link, world))
    expect(second.get_by_text(re.compile("used already, or has expired"))).to_be_visible()
    assert second.url == f"{world.url}/app/enter"
    assert not second.context.cookies()
    complaints.clear()  # the browser notes the refusal


def here(link: str, world: World) -> str:
    """A link at the address that the platform is reached by."""
    return str(httpx.URL(world.url).join(httpx.URL(link).raw_path.decode())) + "#" + link.partition("#")[2]
