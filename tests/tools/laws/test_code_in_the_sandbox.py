import pytest

from tests.tools.laws.judging import offending_lines
from tools.laws.code_in_the_sandbox import LAW

STARTERS = [
    "import subprocess\nsubprocess.run(['python'])",
    "from subprocess import Popen\nPopen(['python'])",
    "import asyncio\nasyncio.create_subprocess_exec('python')",
    "import os\nos.execv('/bin/sh', [])",
    "import os\nos.system('python')",
]


@pytest.mark.parametrize("text", STARTERS)
def test_catches_a_process_started_outside_the_sandbox(text: str) -> None:
    assert offending_lines(LAW, "node_agent/qubix_agent/runner/run.py", text) == [2]
    assert offending_lines(LAW, "actors/qubix_actors/runner.py", text) == [2]
    assert offending_lines(LAW, "platform/qubix_platform/jobs/service.py", text) == [2]


@pytest.mark.parametrize("text", STARTERS)
def test_allows_the_sandbox_and_the_platforms_own_parts(text: str) -> None:
    assert offending_lines(LAW, "node_agent/qubix_agent/sandbox/launch.py", text) == []
    assert offending_lines(LAW, "serve_app/qubix_serve/supervisor/head.py", text) == []


@pytest.mark.parametrize("text", ["exec(code)", "eval('1')", "import runpy; runpy.run_path('job.py')"])
def test_evaluates_nothing_outside_the_sandbox(text: str) -> None:
    assert offending_lines(LAW, "node_agent/qubix_agent/environments/build.py", text) == [1]
    assert offending_lines(LAW, "node_agent/qubix_agent/sandbox/warm.py", text) == []


def test_passes_what_only_looks_alike() -> None:
    text = "import re\nre.compile('x')\nsession.exec(statement)\nimport os\nos.path.join('a')"
    assert offending_lines(LAW, "node_agent/qubix_agent/runner/run.py", text) == []
