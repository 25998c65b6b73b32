"""Every page of the console and every state of one that is worth a look: add yours here.

Each is opened on a desk and a phone, light and dark: axe finds nothing in it, nothing overflows, no script complains
(`test_every_page.py`), and `make screenshots` takes its picture.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page, expect

from tests.console.grouping import add_items, end_group, one_group, resize_group, with_group
from tests.console.launching import to_configuration, to_end, to_machine, to_work
from tests.console.money import (
    ask_to_withdraw,
    calculate,
    choose_days,
    edit_limits,
    look_at_life,
    with_limits,
    with_money,
)
from tests.console.world import CONSUMER, SAVER, World


def _nothing(_page: Page, _world: World) -> None:
    """The page is looked at as it opens."""


def _invited(page: Page, _world: World) -> None:
    page.get_by_role("button", name="Make the join command").click()
    expect(page.get_by_text("Waiting for your machine")).to_be_visible()


def _removing(page: Page, _world: World) -> None:
    page.get_by_role("button", name=re.compile("^More actions")).click()
    page.get_by_role("menuitem", name="Remove").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _changing(page: Page, _world: World) -> None:
    page.get_by_role("button", name=re.compile("^Change ")).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _cancelling(page: Page, _world: World) -> None:
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _cloning(page: Page, _world: World) -> None:
    page.get_by_role("button", name="Clone", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _as_cards(page: Page, _world: World) -> None:
    choose(page, "How offers are shown", "Cards")
    expect(page.get_by_role("link", name=re.compile("^Rent")).first).to_be_visible()


def _without_match(page: Page, _world: World) -> None:
    search = page.get_by_role("combobox").first
    search.fill("a GPU that nobody has")
    search.press("Enter")
    expect(page.get_by_role("button", name="Clear the filter")).to_be_visible()


def _new_key(page: Page, _world: World) -> None:
    page.get_by_role("button", name="Create a key").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _jobs(world: World) -> str:
    world.waiting_job()
    world.finished_job()
    world.running_job()
    return "/app/jobs"


def _earnings(world: World) -> str:
    world.finished_job()
    return "/app/provider/earnings"


def _as_table(page: Page, _world: World) -> None:
    choose(page, "How the days are shown", "Table")
    expect(page.get_by_role("table", name="By day")).to_be_visible()


def choose(page: Page, label: str, option: str) -> None:
    """Take an option of a segmented control, which is a list where the window is narrow."""
    control = page.get_by_role("toolbar", name=label)
    if control.is_visible():
        control.get_by_role("button", name=option).click()
        return
    page.get_by_role("button", name=label).click()
    page.get_by_role("option", name=option).click()


@dataclass(frozen=True, kw_only=True)
class PageState:
    """A page in a state.

    Attributes:
        name: of the state, as files may be called.
        path: its address; given the world where it names something of it.
        ready: a selector of what is there once the page shows what it has to show.
        is_signed_in: whether it is opened with a session.
        is_operator: whether that session is the operator's, whose machines the providers are.
        wallet: the development wallet that the session is of.
        prepare: what brings the state about, once the page is ready: a dialog opened, a filter set.
    """

    name: str
    path: str | Callable[[World], str]
    ready: str
    is_signed_in: bool = False
    is_operator: bool = False
    wallet: int = CONSUMER
    prepare: Callable[[Page, World], None] = _nothing

    def address(self, world: World) -> str:
        """Where it is."""
        return world.url + (self.path if isinstance(self.path, str) else self.path(world))

    @property
    def is_plain(self) -> bool:
        """Whether nothing has to be done for it: it can be opened in any language."""
        return self.prepare is _nothing

    def __str__(self) -> str:
        return self.name


def billing(name: str, path: str, prepare: Callable[[Page, World], None]) -> PageState:
    """A page of somebody's who has deposited and withdrawn, and for whom a job waits."""
    return PageState(
        name=f"billing-{name}",
        path=f"/app/billing{path}",
        ready="h1",
        is_signed_in=True,
        wallet=SAVER,
        prepare=prepare,
    )


def grouped(name: str, prepare: Callable[[Page, World], None]) -> PageState:
    """A page of somebody's whose group waits for machines."""
    return PageState(
        name=f"groups-{name}", path="/app/groups", ready="h1", is_signed_in=True, wallet=SAVER, prepare=prepare
    )


def monitored(name: str, tab: str, ready: str) -> PageState:
    """A part of a finished job's monitor."""
    return PageState(
        name=f"job-monitor-{name}",
        path=lambda world: f"/app/jobs/{world.finished_job()}/monitor?tab={tab}",
        ready=ready,
        is_operator=True,
    )


def running(name: str, tab: str, ready: str, prepare: Callable[[Page, World], None] = _nothing) -> PageState:
    """A part of the monitor of a job that runs."""
    return PageState(
        name=f"job-running{name}",
        path=lambda world: f"/app/jobs/{world.running_job()}/monitor?tab={tab}",
        ready=ready,
        is_operator=True,
        prepare=prepare,
    )


def launching(name: str, prepare: Callable[[Page, World], None]) -> PageState:
    """A step of the launch."""
    return PageState(
        name=f"launch-{name}", path="/app/jobs/submit", ready="input[type=file]", is_signed_in=True, prepare=prepare
    )


PAGES: Final = (
    PageState(name="landing", path="/", ready="h1"),
    PageState(name="sign-in", path="/app/sign-in", ready="text=Sign in with the development wallet"),
    PageState(name="marketplace", path="/app/marketplace", ready="h2:has-text('(2)')"),
    PageState(name="marketplace-cards", path="/app/marketplace", ready="h2:has-text('(2)')", prepare=_as_cards),
    PageState(name="marketplace-no-match", path="/app/marketplace", ready="h2:has-text('(2)')", prepare=_without_match),
    PageState(name="marketplace-signed-in", path="/app/marketplace", ready="h2:has-text('(2)')", is_signed_in=True),
    PageState(
        name="offer",
        path=lambda world: f"/app/rent/{world.machines()[0]['id']}",
        ready="text=Compute capability",
    ),
    PageState(name="jobs", path="/app/jobs", ready="table", is_signed_in=True),
    PageState(
        name="job-monitor",
        path=lambda world: f"/app/jobs/{world.finished_job()}/monitor",
        ready="text=forty-two",
        is_operator=True,
    ),
    monitored("graphs", "graphs", "[role=tabpanel]:visible >> text=/CPU|usage/"),
    monitored("events", "events", "[role=tabpanel]:visible tbody tr"),
    monitored("attempts", "attempts", "[role=tabpanel]:visible tbody tr"),
    monitored("files", "artifacts", "text=answer.txt"),
    monitored("checkpoints", "checkpoints", "[role=tabpanel]:visible"),
    monitored("receipt", "receipt", "text=Back to you"),
    monitored("connect", "connect", "[role=tabpanel]:visible code, [role=tabpanel]:visible pre"),
    running("", "logs", ".log-row"),
    running("-graphs", "graphs", "[role=application]"),
    running("-cancel", "logs", ".log-row", _cancelling),
    running("-clone", "logs", ".log-row", _cloning),
    PageState(
        name="job-waiting",
        path=lambda world: f"/app/jobs/{world.waiting_job()}/monitor",
        ready="text=Why it waits",
        is_operator=True,
    ),
    PageState(name="jobs-many", path=_jobs, ready="text=answer.py", is_operator=True),
    launching("empty", _nothing),
    launching("work", to_work),
    launching("machine", to_machine),
    launching("configuration", to_configuration),
    launching("review", to_end),
    PageState(name="provider-register", path="/app/provider/register", ready="text=Price and rules", is_signed_in=True),
    PageState(
        name="provider-register-waiting",
        path="/app/provider/register",
        ready="text=Price and rules",
        is_signed_in=True,
        prepare=_invited,
    ),
    PageState(name="provider-hardware", path="/app/provider/hardware", ready="[role=meter]", is_operator=True),
    PageState(
        name="provider-hardware-none",
        path="/app/provider/hardware",
        ready="text=You share no machine yet",
        is_signed_in=True,
    ),
    PageState(
        name="provider-machine",
        path=lambda world: f"/app/provider/hardware/{world.machines()[0]['id']}",
        ready="[role=meter]",
        is_operator=True,
    ),
    PageState(
        name="provider-machine-remove",
        path=lambda world: f"/app/provider/hardware/{world.machines()[0]['id']}",
        ready="[role=meter]",
        is_operator=True,
        prepare=_removing,
    ),
    PageState(
        name="provider-machine-change",
        path=lambda world: f"/app/provider/hardware/{world.machines()[0]['id']}",
        ready="[role=meter]",
        is_operator=True,
        prepare=_changing,
    ),
    PageState(name="provider-earnings", path=_earnings, ready="h2:has-text('By day')", is_operator=True),
    PageState(
        name="provider-earnings-table",
        path=_earnings,
        ready="h2:has-text('By day')",
        is_operator=True,
        prepare=_as_table,
    ),
    grouped("list", with_group),
    grouped("one", one_group),
    grouped("resize", resize_group),
    grouped("add", add_items),
    grouped("end", end_group),
    billing("balance", "", with_money),
    billing("statement", "/statement", with_money),
    billing("statement-days", "/statement", choose_days),
    billing("invoices", "/invoices", with_money),
    billing("deposits", "/deposits", with_money),
    billing("withdrawals", "/withdrawals", with_money),
    billing("withdrawal-asked", "/withdrawals", ask_to_withdraw),
    billing("withdrawal-life", "/withdrawals", look_at_life),
    billing("limits", "/limits", with_limits),
    billing("limits-edit", "/limits", edit_limits),
    billing("calculator", "/calculator", calculate),
    PageState(name="settings-appearance", path="/app/settings/appearance", ready="h1"),
    PageState(name="settings-keys", path="/app/settings/keys", ready="table", is_signed_in=True),
    PageState(name="settings-key-new", path="/app/settings/keys", ready="table", is_signed_in=True, prepare=_new_key),
    PageState(name="settings-sessions", path="/app/settings/sessions", ready="table", is_signed_in=True),
    PageState(name="not-found", path="/app/no-such-page", ready="h1"),
)
