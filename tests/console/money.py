"""Money of the development wallets, as their holders move it."""

from typing import Any, Final

from playwright.sync_api import Page, expect

from tests.console.launching import STARTS_WITHIN_MS
from tests.console.world import SAVER, World

CHAIN_MS: Final = 60_000
"""A payment needs its target tick and two more."""


def ask(page: Page, world: World, path: str, body: dict[str, Any], *, method: str = "POST") -> Any:
    """Ask the API for something as whoever is signed in on the page."""
    answer = page.request.fetch(f"{world.url}{path}", method=method, data=body, headers={"Origin": world.url})
    assert answer.ok, answer.text()
    return answer.json()


def with_money(page: Page, world: World) -> None:
    """Somebody who was given play money, deposited, withdrew a part, and has a job that waits; once for all pages."""
    if "money" not in world.done:
        here = page.url
        ask(page, world, "/api/dev/credit", {"amount": 25_000_000})
        ask(page, world, f"/api/wallet/development/{SAVER}/deposit", {"amount": 1_500_000})
        ask(page, world, "/api/jobs/create", _job(name="train-for-good.py", minVramMib=4_000_000))
        page.goto(f"{world.url}/app/billing/statement")
        expect(page.get_by_role("rowheader", name="Deposit", exact=True).first).to_be_visible(timeout=CHAIN_MS)
        wallet = page.request.get(f"{world.url}/api/users/me").json()["qubicAddress"]
        ask(page, world, "/api/wallet/withdraw", {"address": wallet, "amount": 250_000})
        page.goto(f"{world.url}/app/billing/withdrawals")
        expect(page.get_by_role("cell", name="Confirmed").first).to_be_visible(timeout=CHAIN_MS)
        done = ask(page, world, "/api/jobs/create", _job(name="greet.py", minVramMib=0))["job"]["id"]
        page.goto(f"{world.url}/app/jobs/{done}/monitor")
        expect(page.get_by_role("button", name="Run again")).to_be_visible(timeout=STARTS_WITHIN_MS)
        page.goto(here)
        world.done.add("money")
    page.wait_for_load_state("networkidle")


def choose_days(page: Page, world: World) -> None:
    """The statement over days of one's choice."""
    with_money(page, world)
    page.get_by_role("button", name="Period").click()
    page.get_by_role("option", name="Days of your choice").click()
    expect(page.get_by_label("First day").first).to_be_visible()


def ask_to_withdraw(page: Page, world: World) -> None:
    """A withdrawal that is to be confirmed."""
    with_money(page, world)
    page.get_by_role("button", name="All of it").click()
    page.get_by_role("button", name="My wallet").click()
    page.get_by_role("button", name="Withdraw", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def look_at_life(page: Page, world: World) -> None:
    """The steps of a withdrawal that was confirmed."""
    with_money(page, world)
    page.get_by_role("button", name="Show steps of").first.click()
    expect(page.get_by_role("dialog").get_by_text("Confirmed").first).to_be_visible()


def with_limits(page: Page, world: World) -> None:
    """Limits of somebody who has a key."""
    with_money(page, world)
    if "limits" not in world.done:
        key = ask(page, world, "/api/users/me/keys", {"name": "nightly training", "scopes": ["jobs"]})
        limits = "/api/users/me/limits"
        ask(page, world, limits, {"perJob": 5_000_000, "perDay": 20_000_000}, method="PUT")
        ask(page, world, limits, {"keyId": key["id"], "total": 100_000_000}, method="PUT")
        world.done.add("limits")
        page.reload()
    expect(page.get_by_role("rowheader", name="nightly training").first).to_be_visible()


def edit_limits(page: Page, world: World) -> None:
    """The limits, to be changed."""
    with_limits(page, world)
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def calculate(page: Page, world: World) -> None:
    """What a job would cost, and what it would cost for another time."""
    with_money(page, world)
    page.get_by_label("Isolation, at least").click()
    page.get_by_role("option", name="none (your own machines)").click()
    page.get_by_label("Time limit in minutes").last.fill("240")
    expect(page.get_by_role("columnheader", name="Difference")).to_be_visible()
    page.evaluate("() => scrollTo(0, 0)")


def _job(*, name: str, **needs: Any) -> dict[str, Any]:
    return {
        "modelType": "script",
        "name": name,
        "source": "import time; time.sleep(3)",
        "resources": {"gpuCount": 1, "isolationLevel": "none"} | needs,
        "maxPrice": 3_600_000,
        "timeLimitSeconds": 3600,
    }
