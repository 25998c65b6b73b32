"""Starting the whole platform in order, or taking over what still runs of it."""

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Final

from qubix_agent.ray_node import NodeSpec, RayNode, stop_node
from qubix_agent.ray_node.identity import marked
from qubix_agent.ray_node.ports import GCS_PORT, require_free
from qubix_agent.ray_node.stop import kill
from qubix_serve.supervisor.accounts import ensure_operator, new_join_token
from qubix_serve.supervisor.agents import agent_node, is_registered, start_agent, wanted_agents
from qubix_serve.supervisor.chain import CHAIN_URL_VARIABLE, ChainChoice
from qubix_serve.supervisor.core import UpRequest, core_spec, proxy_folder
from qubix_serve.supervisor.devnet import require_real_money, start_devnet, stop_devnet, wait_for_devnet
from qubix_serve.supervisor.errors import DeployFailed
from qubix_serve.supervisor.home import HOME_VARIABLE, Home, Secrets
from qubix_serve.supervisor.platform import Deployment, api_answers, wait_for_api
from qubix_serve.supervisor.postgres import PlatformDatabase, bring_up_to_date
from qubix_serve.supervisor.progress import Progress
from qubix_serve.supervisor.ray_head import control_store_is_alive, restart_control_store, start_head, stop_head
from qubix_serve.supervisor.request import DeployRequest
from qubix_serve.supervisor.serve_settings import serve_settings
from qubix_serve.supervisor.state import AgentRecord, Ports, State
from qubix_serve.supervisor.tls import ServerCertificate

API_SECONDS: Final = 60.0
AGENT_SECONDS: Final = 120.0

_FILES: Final = 65_536


class Platform:
    """A platform that this process starts, watches and ends. The home's lock is held by the caller.

    Args:
        home: prepared.
        request: what is asked for.
        database: the home's.
        progress: where to say what happens.

    Raises:
        ChainMisconfigured: the setting of the chain is no address.
    """

    def __init__(self, home: Home, request: UpRequest, *, database: PlatformDatabase, progress: Progress) -> None:
        self.home = home
        self.request = request
        self.database = database
        self.progress = progress
        self.chain = ChainChoice.of(production=request.production)
        self.secrets = Secrets.load_or_make(home)
        self.secrets.save(home)
        self.state = self._initial_state()
        self.started = time.monotonic()

    @property
    def spec(self) -> NodeSpec:
        """The head as it is to be started. The database must have been started once."""
        return core_spec(
            self.home,
            self.request,
            ports=self.state.ports,
            secrets=self.secrets,
            database=self.database.settings,
        )

    def bring_up(self) -> None:
        """Start what does not run, in order: devnet, database, tables, Ray, scheduler and API, agents.

        Raises:
            ChainMisconfigured: the chain of a platform for production is a devnet.
            QubixError: one of them did not come up.
        """
        _raise_file_limit()
        if self.request.production and not self.chain.is_none:
            require_real_money(self.chain.setting)
        if self._takes_over():
            self.progress.note("taking over the platform that runs here")
        else:
            require_free(
                [self.request.http_port], host=self.request.host, asked=f"Starting the API at {self.request.url}"
            )
            self._clear_leftovers()
        if self.chain.is_none:
            self.progress.note("no chain: deposits, withdrawals and escrow on chain are off; QUBIX_CHAIN names one")
        with self._deployment() as deployment:
            self._launch_devnet()
            with self.progress.step("PostgreSQL"):
                self.database.start()
            with ThreadPoolExecutor(max_workers=1) as pool:
                tables = pool.submit(self._prepare_tables)
                with self.progress.step("Ray head"):
                    self.ensure_head()
                with self.progress.step("tables"):
                    tables.result()
            if self.chain.is_devnet:
                with self.progress.step("devnet"):
                    self.ensure_devnet()
            with self.progress.step("scheduler and API"):
                self.ensure_deployed(deployment)
        self._end_stranded_nodes()
        if self.request.simulate:
            with self.progress.step(f"{len(self.request.simulate)} provider agents"):
                self._start_agents()

    def ensure_head(self) -> None:
        """Have Ray's head running: attach to the one that lives, mend its control store, or start a fresh one."""
        if self.state.head is None or not self.state.head.is_alive():
            if self.state.head is not None:
                stop_head(self.home, self.state.head)
            self._remember(start_head(self.spec, replace(self.state, head=None)))
        elif not control_store_is_alive(self.state.head):
            self._remember(restart_control_store(self.spec, self.state))

    def ensure_devnet(self) -> None:
        """Have the platform's own devnet running and answering, where it is to have one.

        Raises:
            DeployFailed: it did not come up.
        """
        self._launch_devnet()
        if self.state.devnet is not None:
            wait_for_devnet(self.home, self.state.devnet, port=self.state.ports.devnet)

    def _launch_devnet(self) -> None:
        if self.chain.is_devnet and (self.state.devnet is None or not self.state.devnet.is_alive()):
            self._remember(replace(self.state, devnet=start_devnet(self.home, port=self.state.ports.devnet)))

    def ensure_deployed(self, deployment: Deployment | None = None) -> None:
        """Have the scheduler and the API running on the head, and the API answering.

        Raises:
            DeployFailed: they did not come up.
        """
        if self.state.deployed and api_answers(self.request.local_url):
            return
        with nullcontext(deployment) if deployment else self._deployment() as process:
            self._deploy(process)

    def _deploy(self, deployment: Deployment) -> None:
        deployment.run(
            DeployRequest(
                address=self.spec.address,
                http_port=self.request.http_port,
                replicas=self.request.replicas,
                environment=dict(self.spec.environment),
                scheduler=self.request.scheduler,
                chain=self.request.chain if CHAIN_URL_VARIABLE in self.spec.environment else "",
                application=self.request.application,
            )
        )
        wait_for_api(self.request.local_url, seconds=API_SECONDS, log=deployment.log)
        self._remember(replace(self.state, deployed=True))

    def restart_core(self) -> None:
        """Put a fresh head in a dead one's place, with the scheduler and the API on it.

        Raises:
            QubixError: one of them did not come up.
        """
        with self._deployment() as deployment:
            self.ensure_head()
            self.ensure_deployed(deployment)
        self._end_stranded_nodes()

    def start_agent(self, record: AgentRecord) -> None:
        """Start an agent that does not run, with a join token when it has not joined before."""
        registered = is_registered(self.home, record.number, url=self.request.local_url)
        token = None if registered else new_join_token(self.request.local_url, api_key=self.secrets.api_key)
        started = start_agent(self.home, record, url=self.request.local_url, token=token)
        others = [known for known in self.state.agents if known.number != record.number]
        agents = sorted([*others, started], key=lambda known: known.number)
        self._remember(self.state.with_agents(agents))

    def _initial_state(self) -> State:
        earlier = State.load(self.home)
        request = self.request
        agents = wanted_agents(earlier.agents if earlier else (), simulate=request.simulate)
        if earlier is not None and earlier.head is not None and earlier.head.is_alive():
            if _same(earlier, request, external_database=self.database.is_external, chain=self.chain.setting):
                return earlier.with_agents(agents)
            stop_head(self.home, earlier.head)
        if earlier is not None and earlier.devnet is not None:
            stop_devnet(earlier.devnet)
        if earlier is not None and earlier.ports.http != request.http_port:
            # An agent that still lives looks for the API where it was. A fresh one is told where it is now.
            agents = tuple(replace(record, process=None) for record in agents)
        ports = Ports.choose(
            http=request.http_port,
            earlier=earlier.ports if earlier else None,
            gcs=0 if request.on_loopback else GCS_PORT,
        )
        return State(
            ports=ports,
            host=request.host,
            replicas=request.replicas,
            dashboard=request.dashboard,
            production=request.production,
            chain=self.chain.setting,
            external_database=self.database.is_external,
            agents=agents,
        )

    def _takes_over(self) -> bool:
        return self.state.head is not None

    def _clear_leftovers(self) -> None:
        """End what an earlier platform of this home left behind and cannot be taken over: all but living agents."""
        kept: set[int] = set()
        for record in self.state.agents:
            node = agent_node(self.home, record.number)
            kept.update(process.pid for process in (node.family() if node else ()))
            if record.process and (process := record.process.process()):
                kept.update({process.pid, *(child.pid for child in process.children(recursive=True))})
        kill([process for process in marked(HOME_VARIABLE, str(self.home.path)) if process.pid not in kept])

    def _end_stranded_nodes(self) -> None:
        """End those nodes of our agents that belong to a cluster before this one.

        They would find out by themselves, in up to a minute. Their agents put new ones in their place at once.
        """
        for record in self.state.agents:
            node = agent_node(self.home, record.number)
            if node is not None and not self._is_of_this_cluster(node):
                stop_node(node, grace_seconds=0.5)

    def _is_of_this_cluster(self, node: RayNode) -> bool:
        return self.state.head is not None and node.raylet.created >= self.state.head.raylet.created

    def _has_node(self, record: AgentRecord) -> bool:
        node = agent_node(self.home, record.number)
        return node is not None and self._is_of_this_cluster(node)

    def _prepare_tables(self) -> None:
        bring_up_to_date(self.database.settings)
        self.secrets = ensure_operator(self.home, self.secrets, self.database.settings)

    def _start_agents(self) -> None:
        for record in self.state.agents:
            if record.process is None or not record.process.is_alive():
                self.start_agent(record)
        before, deadline = 0, 0.0
        while missing := [agent for agent in self.state.agents if not self._has_node(agent)]:
            for record in missing:
                self._require_alive(record)
            if len(missing) != before:  # many on a small machine come one after the other
                before, deadline = len(missing), time.monotonic() + AGENT_SECONDS
            if time.monotonic() >= deadline:
                raise self._agent_failed(missing[0], f"no further Ray node came up for {AGENT_SECONDS:.0f} s")
            time.sleep(0.05)

    def _require_alive(self, record: AgentRecord) -> None:
        if record.process is not None and not record.process.is_alive():
            raise self._agent_failed(record, "it ended")

    def _agent_failed(self, record: AgentRecord, obstacle: str) -> DeployFailed:
        log = self.home.logs / f"agent-{record.number}.log"
        said = log.read_text(errors="replace").strip() if log.exists() else ""
        last = said.rsplit("\n", maxsplit=1)[-1]
        return DeployFailed(
            asked=f"Starting provider agent {record.number}",
            obstacle=f"{obstacle}; its last words: {last or 'none'}",
            remedy=f"Read {log}.",
            details={"log": str(log), "end_of_log": said[-2000:]},
        )

    @contextmanager
    def _deployment(self) -> Iterator[Deployment]:
        host = self.request.host
        settings = serve_settings(
            folder=proxy_folder(self.home),
            ports=self.state.ports,
            host=host,
            certificate=ServerCertificate.of(host),
        )
        with Deployment(self.home, settings=settings, on_loopback=self.request.on_loopback) as deployment:
            yield deployment

    def _remember(self, state: State) -> None:
        self.state = state
        state.save(self.home)


def _same(state: State, request: UpRequest, *, external_database: bool, chain: str) -> bool:
    """Whether what runs is what is asked for."""
    runs = (state.host, state.ports.http, state.replicas, state.dashboard, state.production)
    asked = (request.host, request.http_port, request.replicas, request.dashboard, request.production)
    return runs == asked and (state.external_database, state.chain) == (external_database, chain)


def _raise_file_limit() -> None:
    """Let the proxy, which inherits it, hold as many connections as this user may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(hard, _FILES)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
    except (ValueError, OSError):  # only root may go beyond the hard limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
