"""axe in a page: what of it is against WCAG 2.1, levels A and AA."""

from functools import cache
from typing import Final

from playwright.sync_api import Page

from tools.console.node import install_packages, prepare
from tools.console.sources import PROOF

_RUN: Final = """async () => {
  const rules = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] };
  const { violations } = await axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target}`));
}"""


def violations(page: Page) -> list[str]:
    """What axe finds in a page as it is now: rule, sentence and element."""
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(_source())  # through the debugger: the page's policy lets in no script but its own
    found: list[str] = page.evaluate(_RUN)
    return found


@cache
def _source() -> str:
    install_packages(prepare(), PROOF)
    return (PROOF / "node_modules" / "axe-core" / "axe.min.js").read_text()
