"""A small real cluster: a head with the scheduler, two providers' nodes, and the API that their runners report to."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil
import uvicorn
from sqlalchemy import text

from qubix_agent.home import HOME_VARIABLE, URL_VARIABLE
from qubix_agent.ray_node import NodeSpec, RayNode, become_subreaper, free_port, reap, start_node, stop_node
from qubix_agent.ray_node.environment import clean_environment, driver_environment
from qubix_agent.ray_node.folders import short_folder
from qubix_platform.database.engine import create_engine
from qubix_platform.database.session import Database
from qubix_platform.database.settings import DatabaseSettings, plain
from qubix_serve.app import create_app
from qubix_serve.settings import ServeSettings
from tests.node_agent.heads import head_spec
from tests.node_agent.seeding import seeded_home
from tests.platform.market_life import POLICY, SECRET, Machine, Market

_DRIVER: Final = """
import json, ray
ray.init(address={address!r}, namespace="qubix", log_to_driver=False)
from qubix_actors.deploy import deploy_scheduler
scheduler = deploy_scheduler()
{code}
print(json.dumps(result))
"""


@dataclass
class RayCluster:
    """What runs, and how to break it."""

    database: DatabaseSettings
    folder: Path
    head: RayNode
    token_file: Path
    machines: list[Machine]
    nodes: dict[str, RayNode] = field(default_factory=dict)

    def drive(self, code: str) -> Any:
        """Run Python in a driver of its own that has `scheduler`, and return what it assigned to `result`."""
        done = subprocess.run(
            [sys.executable, "-c", _DRIVER.format(address=self.head.address, code=code)],
            env=clean_environment() | driver_environment(token_file=self.token_file, on_loopback=True),
            cwd=os.sep,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def kill_scheduler(self) -> None:
        """SIGKILL the scheduler's process."""
        _kill(self.head, "ray::SchedulerActor")

    def kill_worker(self, worker_id: str, title: str) -> None:
        """SIGKILL the one worker on a provider's node whose title begins like this."""
        _kill(self.nodes[worker_id], title)

    def kill_node(self, worker_id: str) -> None:
        """SIGKILL a provider's raylet, and reap it: as a zombie its workers would live on."""
        node = self.nodes[worker_id]
        os.kill(node.raylet.pid, signal.SIGKILL)
        reap(node.processes)


def _kill(node: RayNode, title: str) -> None:
    (process,) = (process for process in node.family() if _title(process).startswith(title))
    process.kill()
    psutil.wait_procs([process], timeout=10)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it is just ending
        return ""


@contextmanager
def ray_cluster(database: DatabaseSettings, folder: Path) -> Iterator[RayCluster]:
    """Start it all; end it all."""
    become_subreaper()
    token_file = folder / "token"
    token_file.touch(0o600)
    token_file.write_text("fedcba9876543210" * 2)
    machines = asyncio.run(_machines(database))
    with _api(database, folder) as url:
        environment = {"DATABASE_URL": plain(database.app_url), "QUBIX_SECRET": SECRET.decode()}
        head = start_node(head_spec(folder, token_file, environment=environment))
        cluster = RayCluster(database, folder, head, token_file, machines)
        try:
            for machine in machines:
                cluster.nodes[machine.worker_id] = _provider(cluster, machine, url)
            yield cluster
        finally:
            for node in (*cluster.nodes.values(), head):
                stop_node(node)


def _provider(cluster: RayCluster, machine: Machine, url: str) -> RayNode:
    home = seeded_home(cluster.folder / machine.worker_id)
    return start_node(
        NodeSpec(
            address=cluster.head.address,
            node_ip="127.0.0.1",
            folder=short_folder(cluster.folder / f"node-{machine.worker_id}"),
            token_file=cluster.token_file,
            labels={"qubix.io/role": "provider", "qubix.io/provider": machine.worker_id},
            resources={"gpu_0": 1.0},
            num_cpus=1,
            num_gpus=1,
            memory_bytes=10**9,
            environment={URL_VARIABLE: url, HOME_VARIABLE: str(home.root)},
        )
    )


async def _machines(settings: DatabaseSettings) -> list[Machine]:
    database = Database(create_engine(settings.app_url))
    market = Market(database)
    machines = [await market.machine(price=price) for price in (100_000, 200_000)]
    async with database.transaction() as session:  # no agent is there to say that they live
        await session.execute(text("update gpus set simulated = true"))
        await session.execute(text("update providers set simulated = true, last_heartbeat = now() + interval '1 hour'"))
        await session.execute(
            text(
                "insert into provider_metrics (provider_id, at, cpu_percent, ram_percent) "
                "select id, now() + interval '1 hour', 0, 0 from providers"
            )
        )
    await database.close()
    return machines


@contextmanager
def _api(database: DatabaseSettings, folder: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = ServeSettings(
        database=database,
        secret=SECRET,
        blob_url=f"file://{folder}/blobs",
        mode="development",
        policy=POLICY,
        public_url=url,
        ray=None,
    )
    server = uvicorn.Server(uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(timeout=10)
