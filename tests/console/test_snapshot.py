"""What a job works on is saved whole by a press of a button, and a new job begins with it."""

from playwright.sync_api import expect

from qubix import Client
from tests.console.conftest import OpenPage
from tests.console.world import World

_PROGRAM = """
import pathlib, time
pathlib.Path("notes.txt").write_text("half way")
time.sleep(300)
"""


def test_a_running_jobs_workspace_is_saved_and_cloned(open_page: OpenPage, world: World) -> None:
    with Client(world.url, world.operator.headers["Authorization"].removeprefix("Bearer ")) as client:
        client.credit(1_000_000_000)
        job = client.submit(source=_PROGRAM, gpu="RTX 4090", max_price=10_000_000, timeout="10m", name="notes.py")
        try:
            page = open_page(is_operator=True)
            page.goto(f"{world.url}/app/jobs/{job.id}/monitor")
            page.get_by_role("tab", name="Checkpoints").click()
            page.get_by_role("button", name="Take a snapshot").click(timeout=60_000)
            expect(page.get_by_text("is stored.")).to_be_visible(timeout=60_000)
            row = page.locator("tbody tr").filter(has_text="Snapshot: work folder and checkpoint")
            row.get_by_role("button", name="New job from here").click()
            expect(page.get_by_role("dialog").get_by_text("the snapshot of")).to_be_visible()
        finally:
            job.cancel()
