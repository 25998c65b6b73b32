"""The files of both versions. This kernel may offer only one of them: the other is played by plain files."""

import os
import subprocess
from pathlib import Path

import pytest

from qubix_agent.sandbox import hierarchy
from qubix_agent.sandbox.cgroup import CgroupV1, CgroupV2
from qubix_agent.sandbox.hierarchy import UnifiedHierarchy, find_hierarchy
from qubix_agent.sandbox.limits import Limits

LIMITS = Limits(memory_mib=100, cpu_milli=1500, max_processes=7)


def test_version_2_writes_its_limits_and_reads_its_accounts(tmp_path: Path) -> None:
    (tmp_path / "memory.stat").write_text("anon 1000\nfile 5000\nshmem 24\n")
    (tmp_path / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    (tmp_path / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    (tmp_path / "pids.current").write_text("4\n")
    (tmp_path / "memory.peak").write_text("2048\n")
    group = CgroupV2([tmp_path])
    group.apply(LIMITS)
    written = {name: (tmp_path / name).read_text() for name in ("memory.max", "memory.swap.max", "memory.oom.group")}
    assert written == {"memory.max": str(100 << 20), "memory.swap.max": "0", "memory.oom.group": "1"}
    assert (tmp_path / "pids.max").read_text() == "7"
    assert (tmp_path / "cpu.max").read_text() == "150000 100000"
    account = group.account()
    assert (account.cpu_seconds, account.memory_bytes, account.processes) == (2.5, 1024, 4)
    assert (group.oom_kills(), group.peak_memory_bytes()) == (2, 2048)


def test_a_process_of_another_namespace_is_not_ours_to_kill(tmp_path: Path) -> None:
    (tmp_path / "cgroup.procs").write_text("0\n0\n")
    group = CgroupV2([tmp_path])
    assert group.pids() == []
    group.kill()


def test_controllers_mounted_together_are_one_folder(tmp_path: Path) -> None:
    group = CgroupV1(memory=tmp_path / "m", pids=tmp_path / "p", cpu=tmp_path / "c", cpuacct=tmp_path / "c")
    assert group.folders == (tmp_path / "m", tmp_path / "p", tmp_path / "c")


def test_a_delegated_cgroup_moves_its_processes_to_a_leaf_first(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids\n")
    (tmp_path / "cgroup.subtree_control").write_text("")
    (tmp_path / "cgroup.procs").write_text("12\n34\n")
    assert not hierarchy._hands_down(tmp_path)
    assert hierarchy._delegate(tmp_path)
    assert (tmp_path / "qubix-agent" / "cgroup.procs").read_text() == "34"  # one write per process
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"


def test_a_cgroup_without_all_controllers_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpu pids\n")
    assert not hierarchy._delegate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["cgroup.controllers"]


def test_the_nearest_cgroup_that_hands_its_controllers_down_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = next(line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::"))
    folder = tmp_path / own.lstrip("/")
    (folder / "below").mkdir(parents=True)
    (tmp_path / "cgroup.subtree_control").write_text("cpuset cpu memory pids\n")
    monkeypatch.setattr(hierarchy, "_cgroup_mounts", lambda: [("cgroup2", tmp_path, ["rw"])])
    assert hierarchy._unified() == UnifiedHierarchy(tmp_path)


@pytest.mark.skipif(find_hierarchy() is None, reason="no cgroups may be made on this machine")
def test_a_real_one_is_made_joined_limited_and_removed_with_what_is_in_it() -> None:
    found = find_hierarchy()
    assert found is not None
    group = found.cgroup(f"qubix-test-{os.getpid()}")
    group.make()
    with subprocess.Popen(["sleep", "600"]) as process:
        try:
            group.apply(LIMITS)
            group.apply(Limits(memory_mib=200))  # raised
            group.apply(Limits(memory_mib=50))  # lowered
            group.join(process.pid)
            assert group.pids() == [process.pid]
            assert group.account().processes == 1
        finally:
            group.remove()
        assert process.wait(10) == -9
    assert not any(folder.exists() for folder in group.folders)
    group.remove()
