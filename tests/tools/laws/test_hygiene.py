from pathlib import Path

from tests.tools.laws.judging import offending_lines
from tools.laws.no_addresses import hosts_in, machine_paths, no_addresses, registry_hosts
from tools.laws.nothing_left_for_later import LAW as NOTHING_LEFT
from tools.laws.stdlib_not_hidden import LAW as STDLIB
from tools.laws.tests_wait_for_events import LAW as WAITING

# In two parts, or this file would break the law that it tests.
LATER = "FIX" + "ME"


def test_catches_a_package_that_hides_the_standard_library() -> None:
    assert offending_lines(STDLIB, "platform/__init__.py", "") == [1]
    assert offending_lines(STDLIB, "platform/qubix_platform/__init__.py", "") == []


def test_catches_notes_to_a_later_self() -> None:
    assert offending_lines(NOTHING_LEFT, "sdk/qubix/client.py", f"x = 1\n# {LATER}: more") == [2]
    assert offending_lines(NOTHING_LEFT, "Makefile", f"# {LATER}") == [1]
    assert offending_lines(NOTHING_LEFT, "sdk/qubix/client.py", "mastodon = 'HACKNEY'") == []


def test_catches_a_test_that_sleeps() -> None:
    assert offending_lines(WAITING, "tests/e2e/test_job.py", "from time import sleep\nsleep(1)") == [2]
    assert offending_lines(
        WAITING, "tests/e2e/test_job.py", "from asyncio import sleep\nasync def f(): await sleep(1)"
    ) == [2]
    assert offending_lines(WAITING, "tests/e2e/test_job.py", "await asyncio.wait_for(done.wait(), 5)") == []
    assert offending_lines(WAITING, "node_agent/qubix_agent/backoff.py", "from time import sleep\nsleep(1)") == []


def test_catches_registries_and_paths_of_the_machine() -> None:
    law = no_addresses(
        hosts_in(["https://user:secret@packages.example.org:8443/simple", "global.index='http://mirror.example.net'"]),
        machine_paths(Path("/data/checkouts/qubix"), Path("/home/ada")),
    )
    assert offending_lines(law, "requirements.lock", "a==1\n# from https://packages.example.org/simple") == [2]
    assert offending_lines(law, "README.md", "see mirror.example.net") == [1]
    assert offending_lines(law, "sdk/qubix/cli.py", "HOME = '/home/ada/.qubix'") == [1]
    assert offending_lines(law, "sdk/qubix/cli.py", "SOURCE = '/data/checkouts/qubix/sdk'") == [1]
    assert offending_lines(law, "README.md", "https://example.org and ~/.qubix and /data") == []


def test_a_checkout_in_a_common_folder_forbids_nothing_of_it() -> None:
    assert machine_paths(Path("/tmp/qubix"), Path("/home/ada")) == {"/home/ada/."}


def test_knows_the_registries_of_this_machine() -> None:
    hosts = registry_hosts()
    assert len(hosts) >= 2
    assert all("." in host and "/" not in host for host in hosts)
