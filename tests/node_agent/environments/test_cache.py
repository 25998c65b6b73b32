"""Environments are built once, seen only when complete, read-only, and evicted when nobody uses them."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qubix_agent.environments.cache import EnvironmentCache
from qubix_agent.environments.errors import (
    EnvironmentBuildCancelled,
    EnvironmentBuildError,
    EnvironmentUnavailable,
    RequirementRefused,
)
from qubix_agent.environments.pip_settings import PipSettings
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.limits import Limits
from tests.node_agent.environments.conftest import MakeCache, run_in, silent
from tests.node_agent.environments.packages import write_index


def test_it_is_built_once_and_then_there_at_once(cache: EnvironmentCache, launcher: Launcher, tmp_path: Path) -> None:
    lines: list[str] = []
    assert not cache.has(["tinyone"])
    with cache.prepare(["tinyone"], lines.append) as first:
        assert any("Successfully installed tinyone-1.0 tinytwo-2.0" in line for line in lines)
        assert "/" not in "".join(lines)  # where the owner's index lies is the owner's business
        lines.clear()
        with cache.prepare([" TinyOne "], lines.append) as second:
            assert second.path == first.path
            assert lines == []
        code = "import tinyone, tinytwo, sys; print(tinyone.VERSION, tinytwo.VERSION, sys.prefix)"
        assert run_in(first, launcher, tmp_path / "work", code) == "1.0 2.0 /env\n"
    assert cache.has(["tinyone"])
    (entry,) = cache.list()
    assert entry.requirements == ("tinyone",)
    assert list((tmp_path / "work").iterdir()) == []
    assert list((tmp_path / "cache" / "work").iterdir()) == []


def test_a_job_cannot_change_it(cache: EnvironmentCache, launcher: Launcher, tmp_path: Path) -> None:
    with cache.prepare(["tinythree"], silent) as environment:
        code = (
            "import os, tinythree\n"
            "for act in (lambda: open(tinythree.__file__, 'a'), lambda: os.unlink(tinythree.__file__),\n"
            "            lambda: open('/env/new', 'w'), lambda: os.chmod('/env', 0o777)):\n"
            "    try: act(); print('could')\n"
            "    except OSError: pass\n"
        )
        assert run_in(environment, launcher, tmp_path / "work", code) == ""
        for folder, _, names in os.walk(environment.path):
            for path in (Path(folder), *(Path(folder) / name for name in names)):
                assert path.is_symlink() or path.stat().st_mode & 0o222 == 0
                assert path.lstat().st_uid == os.geteuid()


def test_it_is_compiled_since_no_job_could_do_that(cache: EnvironmentCache) -> None:
    with cache.prepare(["tinythree"], silent) as environment:
        assert list(environment.path.glob("lib/*/site-packages/__pycache__/tinythree.*.pyc"))


def test_one_whose_marker_was_lost_with_the_power_is_built_again(cache: EnvironmentCache) -> None:
    with cache.prepare(["tinythree"], silent) as environment:
        sha, marker = environment.sha, environment.path.with_name("complete")
    marker.write_text("")
    assert cache.list() == []
    assert not cache.has(["tinythree"])
    with cache.prepare(["tinythree"], silent) as environment:
        assert environment.sha == sha
        assert [entry.sha for entry in cache.list()] == [sha]
    marker.write_text("")
    assert cache.sweep() == 1
    assert not marker.parent.exists()


def test_no_code_of_a_wheel_runs_while_it_is_built(cache: EnvironmentCache) -> None:
    with cache.prepare(["eager"], silent) as environment:
        assert list(environment.path.glob("lib/*/site-packages/eager.pth"))
        assert not (environment.path / "ran").exists()
        assert list(environment.path.glob("lib/*/site-packages/__pycache__/eager.*.pyc"))


def test_agents_that_share_a_cache_build_once_and_none_waits_for_the_others_jobs(
    make_cache: MakeCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    caches = [make_cache() for _ in range(4)]
    all_saw_nothing = threading.Barrier(len(caches), timeout=30)
    looked: set[int] = set()
    is_complete = EnvironmentCache._is_complete

    def look(cache: EnvironmentCache, sha: str) -> bool:
        found = is_complete(cache, sha)
        if id(cache) not in looked:
            looked.add(id(cache))
            all_saw_nothing.wait()
        return found

    monkeypatch.setattr(EnvironmentCache, "_is_complete", look)
    with ThreadPoolExecutor(len(caches)) as pool:
        # Each holds its environment, as a job does, until all have theirs.
        environments = list(pool.map(lambda cache: cache.prepare(["tinyone"], lines.append), caches))
    for environment in environments:
        environment.close()
    assert len({environment.path for environment in environments}) == 1
    assert sum("Successfully installed" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("requirement", "reason"),
    [
        ("no-such-package-of-ours", "No matching distribution found for no-such-package-of-ours"),
        ("tinytwo>=99", r"from versions: 1\.0, 2\.0"),
    ],
)
def test_a_requirement_that_cannot_be_had_explains_itself(
    cache: EnvironmentCache, tmp_path: Path, requirement: str, reason: str
) -> None:
    with pytest.raises(EnvironmentBuildError, match=reason) as caught:
        cache.prepare([requirement], silent)
    assert "ERROR" in caught.value.details["log"]
    assert cache.list() == []
    assert list((tmp_path / "cache" / "partial").iterdir()) == []


def test_requirements_that_contradict_each_other_explain_themselves(cache: EnvironmentCache) -> None:
    with pytest.raises(EnvironmentBuildError, match="tinytwo"):
        cache.prepare(["tinytwo==1.0", "tinytwo==2.0"], silent)


@pytest.mark.parametrize(
    "requirement",
    [
        "--index-url=http://example.invalid",
        "-r /etc/passwd",
        "./package",
        "/tmp/package",
        "package @ file:///etc",
        "package @ https://example.invalid/package.whl",
        "git+https://example.invalid/x",
        "a b",
        "x" * 501,
    ],
)
def test_what_is_no_requirement_is_refused(cache: EnvironmentCache, requirement: str) -> None:
    with pytest.raises(RequirementRefused, match="Name a package of the index"):
        cache.prepare([requirement], silent)


def test_too_many_requirements_are_refused(cache: EnvironmentCache) -> None:
    with pytest.raises(RequirementRefused, match="more than 200"):
        cache.prepare([f"p{number}" for number in range(201)], silent)


def test_code_that_runs_during_a_build_is_confined(
    make_cache: MakeCache,
    launcher: Launcher,
    index: Path,
    serve: Callable[[Path], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUBIX_SECRET", "x")
    cache = make_cache(settings=PipSettings(index_url=serve(index.parent) + "/simple"))
    with cache.prepare(["curious"], silent) as environment:
        assert run_in(environment, launcher, tmp_path / "work", "import curious; print(curious.FOUND)") == "[]\n"


def test_source_is_not_built_where_an_address_holds_a_password(
    make_cache: MakeCache, index: Path, serve: Callable[[Path], str]
) -> None:
    address = serve(index.parent).replace("http://", "http://owner:password@") + "/simple"
    with pytest.raises(EnvironmentBuildError, match="curious") as caught:
        make_cache(settings=PipSettings(index_url=address)).prepare(["curious"], silent)
    assert "password" not in str(caught.value.to_wire())


def test_a_build_reaches_the_index_over_http(make_cache: MakeCache, index: Path, serve: Callable[[Path], str]) -> None:
    settings = PipSettings(index_url=serve(index.parent) + "/simple")
    with make_cache(settings=settings).prepare(["tinyone"], silent) as environment:
        assert list(environment.path.glob("lib/*/site-packages/tinytwo.py"))


def test_a_build_reaches_nothing_but_the_index(
    make_cache: MakeCache, index: Path, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    elsewhere = serve(index.parent)
    pages = write_index(tmp_path / "simple", {"tinytwo": [f"{elsewhere}/files/tinytwo-1.0-py3-none-any.whl"]})
    settings = PipSettings(index_url=serve(pages.parent) + "/simple")
    with pytest.raises(EnvironmentBuildError, match=f"was refused {elsewhere.removeprefix('http://')}"):
        make_cache(settings=settings).prepare(["tinytwo"], silent)


def test_an_index_out_of_reach_is_not_the_jobs_fault(
    make_cache: MakeCache, index: Path, serve: Callable[[Path], str]
) -> None:
    with pytest.raises(EnvironmentUnavailable, match="another provider"):
        make_cache(settings=PipSettings(index_url="http://127.0.0.1:9/simple")).prepare(["tinytwo"], silent)


def test_a_build_has_limits(make_cache: MakeCache) -> None:
    with pytest.raises(EnvironmentBuildError, match="longer than is allowed"):
        make_cache(limits=Limits(wall_seconds=0.2)).prepare(["tinytwo"], silent)


def test_a_build_that_nobody_wants_any_more_stops(cache: EnvironmentCache, tmp_path: Path) -> None:
    cancel = threading.Event()

    def hear(line: str) -> None:
        cancel.set()

    with pytest.raises(EnvironmentBuildCancelled):
        cache.prepare(["tinyone"], hear, cancel=cancel)
    assert list((tmp_path / "cache" / "partial").iterdir()) == []
    assert cache.list() == []


def test_waiting_for_somebody_elses_build_can_be_given_up(make_cache: MakeCache) -> None:
    cancel = threading.Event()
    hearing: list[str] = []

    def hear_waiter(line: str) -> None:
        hearing.append(line)
        cancel.set()

    def hear_builder(line: str) -> None:
        if not hearing:
            with pytest.raises(EnvironmentBuildCancelled):
                make_cache().prepare(["tinyone"], hear_waiter, cancel=cancel)

    make_cache().prepare(["tinyone"], hear_builder).close()
    assert hearing == ["waiting for another job that builds the same environment"]


def test_what_nobody_uses_makes_room(make_cache: MakeCache) -> None:
    cache = make_cache(max_bytes=1)
    in_use = cache.prepare(["tinyone"], silent)
    cache.prepare(["tinytwo"], silent).close()
    with cache.prepare(["tinythree"], silent):
        # The one in use stays, the one just built stays, the other goes.
        assert {entry.requirements for entry in cache.list()} == {("tinyone",), ("tinythree",)}
    assert in_use.path.exists()
    in_use.close()
    assert cache.sweep() == 2
    assert cache.list() == []


def test_what_a_dead_builder_left_is_swept(cache: EnvironmentCache, tmp_path: Path) -> None:
    left = tmp_path / "cache" / "partial" / ("0" * 64 + "-abcd") / "env"
    left.mkdir(parents=True)
    (left / "file").touch()
    left.chmod(0o500)
    (tmp_path / "cache" / "work" / "3-0123").mkdir(parents=True)
    assert cache.sweep() == 2
    assert list((tmp_path / "cache" / "partial").iterdir()) == []
    assert list((tmp_path / "cache" / "work").iterdir()) == []
