"""The platform's core on this machine: the head's specification and the environment that core processes get."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from qubix.settings import URL_VARIABLE, normalise
from qubix_agent.ray_node import NodeSpec
from qubix_agent.ray_node.folders import short_folder
from qubix_platform.database.settings import APP_URL_VARIABLE, DatabaseSettings, plain
from qubix_serve.supervisor.chain import CHAIN_URL_VARIABLE, CHAIN_VARIABLE, LOOPBACK, ChainChoice
from qubix_serve.supervisor.home import HOME_VARIABLE, Home, Secrets
from qubix_serve.supervisor.ray_head import head_spec
from qubix_serve.supervisor.serve_settings import serve_settings
from qubix_serve.supervisor.state import Ports
from qubix_serve.supervisor.tls import ServerCertificate

# Settings of the platform that an operator gives to `qubix up`, and that its processes read.
_PASSED_ON: Final = ("QUBIX_", "SENTRY_", "OTEL_")


@dataclass(frozen=True, kw_only=True)
class UpRequest:
    """What `qubix up` is asked for.

    Attributes:
        host: the address of this machine that the API and Ray listen on. Beyond loopback Ray's TLS has to be on.
        http_port: of the API.
        simulate: one provider agent for each entry, with these simulated GPUs; an empty entry stands for an agent
            with the machine's own.
        replicas: of the API.
        dashboard: whether Ray's dashboard is wanted.
        production: whether development's conveniences, such as play money, are off.
        autoscaling_config: of Ray's cluster launcher, when it starts the platform; it then starts the workers too.
        scheduler: what starts the scheduler, as `module:name`.
        chain: what starts the process that acts on the chain, as `module:name`; empty for none.
        application: what builds the Serve application, as `module:name`.
    """

    host: str = LOOPBACK
    http_port: int = 8000
    simulate: tuple[str, ...] = ()
    replicas: int = 1
    dashboard: bool = False
    production: bool = False
    autoscaling_config: Path | None = None
    scheduler: str = "qubix_actors.deploy:deploy_scheduler"
    chain: str = "qubix_actors.chain.deploy:deploy_chain"
    application: str = "qubix_serve.deployment:build"

    @property
    def url(self) -> str:
        """The API's address for everybody. Beyond loopback it speaks TLS alone, for it hands out tokens."""
        return api_url(self.host, self.http_port)

    @property
    def local_url(self) -> str:
        """The API's address for what runs on this machine."""
        return api_url(LOOPBACK, self.http_port)

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the platform."""
        return ipaddress.ip_address(self.host).is_loopback


def api_url(host: str, port: int) -> str:
    """Where an API is that listens on this address of its machine."""
    if ipaddress.ip_address(host).is_loopback:
        return f"http://{LOOPBACK}:{port}"
    return f"https://{f'[{host}]' if ':' in host else host}:{port}"


def proxy_folder(home: Home) -> Path:
    """HAProxy's files. Short, for there are unix sockets in it."""
    return short_folder(home.ray).with_name(f"{short_folder(home.ray).name}-proxy")


def public_url(request: UpRequest, environment: Mapping[str, str] | None = None) -> str:
    """The address by which people and wallets know the platform: QUBIX_URL, else where the API listens.

    Behind a front that speaks TLS the two differ: a wallet signs in to this one, and machines are told to join it.

    Raises:
        InvalidRequest: it is no HTTP address.
    """
    values = os.environ if environment is None else environment
    return normalise(values.get(URL_VARIABLE) or request.url)


def core_settings(
    home: Home,
    request: UpRequest,
    *,
    ports: Ports,
    secrets: Secrets,
    database: DatabaseSettings,
    given: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The variables that the scheduler and the API read. They hold secrets, and never reach a provider's node.

    Args:
        home: the platform's.
        request: what was asked for.
        ports: where it listens.
        secrets: the home's.
        database: the application's address in it is handed on, the owner's is not.
        given: the operator's environment; this process's by default.

    Raises:
        ChainMisconfigured: the setting of the chain is no address.
        InvalidRequest: the public address is none.
    """
    source = os.environ if given is None else given
    settings = {name: value for name, value in source.items() if name.startswith(_PASSED_ON)}
    settings |= {
        "QUBIX_HOME": str(home.path),
        "QUBIX_SECRET": secrets.qubix_secret,
        "QUBIX_MODE": "production" if request.production else "development",
        "QUBIX_RAY_ADDRESS": f"{request.host}:{ports.gcs}",
        URL_VARIABLE: public_url(request, source),
        APP_URL_VARIABLE: plain(database.app_url),
        HOME_VARIABLE: str(home.path),
    }
    settings.setdefault("QUBIX_BLOB_URL", f"file://{home.blobs}")
    chain = ChainChoice.of(source, production=request.production)
    settings[CHAIN_VARIABLE] = chain.setting
    settings.pop(CHAIN_URL_VARIABLE, None)
    if (url := chain.url(devnet_port=ports.devnet)) is not None:
        settings[CHAIN_URL_VARIABLE] = url
    return settings


def core_spec(
    home: Home, request: UpRequest, *, ports: Ports, secrets: Secrets, database: DatabaseSettings
) -> NodeSpec:
    """The head to start, with everything that its processes need in its environment."""
    settings = core_settings(home, request, ports=ports, secrets=secrets, database=database)
    certificate = ServerCertificate.of(request.host)
    settings |= serve_settings(folder=proxy_folder(home), ports=ports, host=request.host, certificate=certificate)
    spec = head_spec(home, ports, host=request.host, environment=settings, dashboard=request.dashboard)
    return replace(spec, autoscaling_config=request.autoscaling_config)
