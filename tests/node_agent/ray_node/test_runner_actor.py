"""The runner actor and its tasks on a real node of a real cluster."""

import json
import os
import selectors
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from qubix.schemas.attempts import AttemptGpu, AttemptSpec
from qubix.schemas.states import ModelType
from qubix_agent.agent.cluster_node import node_variables
from qubix_agent.home import AgentHome
from qubix_agent.ray_node import RayNode, reap, start_node, stop_node
from tests.node_agent.api_double import ApiDouble, api_double
from tests.node_agent.conftest import Drive, MakeSpec
from tests.node_agent.seeding import seeded_home, workspaces

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.timeout(240)]

ACTOR = """
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
from qubix_agent.ray_node.runner_actor import RunnerActor
import time
actor = ray.remote(RunnerActor).options(
    name="runner-p1", lifetime="detached", get_if_exists=True, max_restarts=0, num_cpus=0,
    label_selector={"qubix.io/provider": "p1"}).remote()
"""


@pytest.fixture(scope="module")
def api() -> Iterator[ApiDouble]:
    with api_double() as double:
        yield double


@pytest.fixture(scope="module")
def home() -> Iterator[AgentHome]:
    with tempfile.TemporaryDirectory(prefix="qubix-agent-tests-") as folder:
        yield seeded_home(Path(folder) / "home")


@pytest.fixture
def node(node_spec: MakeSpec, api: ApiDouble, home: AgentHome) -> Iterator[RayNode]:
    node = start_node(
        replace(
            node_spec("p1"),
            environment=node_variables(home=home, url=api.url, environment={}),
            resources={"gpu_0": 1.0, "gpu_1": 1.0},
            num_gpus=2,
        )
    )
    try:
        yield node
    finally:
        stop_node(node)


def make_spec(source: str, **changes: Any) -> str:
    values: dict[str, Any] = {
        "job_id": uuid4(),
        "attempt_id": uuid4(),
        "attempt_token": "qbx_att_test",
        "number": 1,
        "model_type": ModelType.SCRIPT,
        "source": source,
        "time_limit_seconds": 60,
        "cpu_cores": 1,
        "memory_mib": 256,
        "disk_mib": 64,
        "lease_seconds": 15,
        "gpus": [AttemptGpu(index=1, uuid="SIM-1", model="RTX 4090", milli=500, simulated=True)],
    }
    return json.dumps(AttemptSpec(**(values | changes)).wire())


def test_attempts_run_on_warm_workers_outlive_their_driver_and_are_cancelled_at_once(
    node: RayNode, drive: Drive, api: ApiDouble, home: AgentHome
) -> None:
    whole = [AttemptGpu(index=0, uuid="SIM-0", model="RTX 4090", milli=1000, simulated=True)]
    specs = [
        make_spec("import os; print(os.environ['QUBIX_GPUS'], os.environ['QUBIX_SIMULATED'])", gpus=gpus)
        for gpus in (whole, [*whole[:0]], whole)
    ]
    # The workers outlive the driver that warmed them, and wait longer than Ray would let idle ones.
    assert drive(f"{ACTOR}\nresult = ray.get(actor.warm.remote(), timeout=60)") == 3
    seconds, ended = drive(
        f"""{ACTOR}
time.sleep(2)
seconds, ended = [], []
for spec in {specs!r}:
    began = time.monotonic()
    ended.append(ray.get(actor.run.remote(json.loads(spec)), timeout=60)["cause"])
    seconds.append(time.monotonic() - began)
result = [seconds, ended]
"""
    )
    assert ended == ["COMPLETED", "USER_ERROR", "COMPLETED"]
    # A new worker alone takes 0.6 s on a machine with nothing else to do.
    assert max(seconds) < 0.6, seconds
    assert api.output("stdout") == "RTX 4090 1\n" * 2

    long = make_spec("import time; print('up', flush=True); time.sleep(600)")
    attempt_id = json.loads(long)["attemptId"]
    known = drive(
        f"""{ACTOR}
actor.run.remote(json.loads({long!r}))
while not ray.get(actor.running.remote()): pass
result = ray.get(actor.running.remote())
"""
    )
    assert known == [attempt_id]
    # That driver is gone; the attempt goes on.
    api.wait_for("started")
    completions = len(api.bodies("/complete"))
    cancelled, seconds = drive(
        f"""{ACTOR}
assert ray.get(actor.running.remote()) == [{attempt_id!r}]
fate = actor.run.remote(json.loads({long!r}))
began = time.monotonic()
cancelled = ray.get(actor.cancel.remote({attempt_id!r}))
assert ray.get(fate)["cause"] == "CANCELLED"
result = [cancelled, time.monotonic() - began]
assert ray.get(actor.running.remote()) == []
assert not ray.get(actor.cancel.remote({attempt_id!r}))
"""
    )
    assert cancelled
    assert seconds < 1
    assert api.bodies("/complete")[completions]["cause"] == "CANCELLED"
    assert workspaces(home) == []
    assert list(home.running.iterdir()) == []


def test_a_killed_node_takes_its_jobs_along(node: RayNode, drive: Drive, api: ApiDouble) -> None:
    spec = make_spec("import time; print('here', flush=True); time.sleep(600)", gpus=[])
    drive(f"{ACTOR}\nactor.run.remote(json.loads({spec!r}))\nresult = ray.get(actor.running.remote())")
    with api.changed:
        assert api.changed.wait_for(lambda: "here\n" in api.output("stdout"), 30)
    family = node.family()
    sandboxed = [process for process in family if process.name() == "bwrap"]
    assert sandboxed
    os.kill(node.raylet.pid, signal.SIGKILL)
    with selectors.DefaultSelector() as selector:
        selector.register(os.pidfd_open(node.raylet.pid), selectors.EVENT_READ)
        assert selector.select(10), "the raylet does not die"
    reap(node.processes)
    _, alive = psutil.wait_procs(sandboxed, timeout=10)
    assert not alive
