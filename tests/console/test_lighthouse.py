"""Lighthouse's judgement of the pages that strangers see. Performance is only reported: it is the machine's."""

import json
import os
import subprocess
from typing import Any, Final

import pytest

from tests.console.world import World
from tools.console.chromium import ARGUMENTS, find_chromium
from tools.console.node import install_packages, prepare
from tools.console.sources import PROOF

_SECONDS: Final = 240


@pytest.mark.timeout(_SECONDS + 30)
@pytest.mark.parametrize(
    ("path", "perfect"),
    [
        ("/", {"accessibility", "best-practices", "seo"}),
        ("/app/marketplace", {"accessibility", "best-practices"}),
    ],
)
def test_strangers_pages_are_accessible_and_keep_to_good_practice(
    world: World, path: str, perfect: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    categories = _judge(world.url + path)
    with capsys.disabled():
        print(f"\nLighthouse {path}: performance {categories['performance']['score'] * 100:.0f} of 100")
    scores = {name: category["score"] for name, category in categories.items() if name in perfect}
    assert scores == dict.fromkeys(perfect, 1), json.dumps(categories, indent=1)[:4000]


def _judge(url: str) -> dict[str, Any]:
    node = prepare()
    install_packages(node, PROOF)
    done = subprocess.run(
        [
            str(node / "bin" / "node"),
            str(PROOF / "node_modules" / "lighthouse" / "cli" / "index.js"),
            url,
            "--quiet",
            "--output=json",
            "--only-categories=performance,accessibility,best-practices,seo",
            f"--chrome-flags={' '.join(('--headless=new', *ARGUMENTS))}",
        ],
        env=os.environ | {"CHROME_PATH": str(find_chromium()), "LIGHTHOUSE_DISABLE_ERROR_REPORTING": "1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report: dict[str, Any] = json.loads(done.stdout)
    failed = [audit["id"] for audit in report["audits"].values() if audit["scoreDisplayMode"] == "error"]
    assert not failed, f"Lighthouse could not judge {failed}"
    return dict(report["categories"])
