"""Building one environment: a job like any other, but with a way to the package index."""

import contextlib
import json
import os
import re
import select
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

import httpx
from packaging.requirements import Requirement

from qubix_agent.environments.egress import EgressPolicy, EgressProxy, endpoint_of, private_network
from qubix_agent.environments.errors import EnvironmentBuildError, EnvironmentUnavailable
from qubix_agent.environments.index_links import ACCEPT, file_hosts, linked_files, local_folders
from qubix_agent.environments.locks import cancelled
from qubix_agent.environments.pip_settings import PipSettings, local_path, pip_folder
from qubix_agent.environments.requirements import DEFAULT_LOCK
from qubix_agent.sandbox import view as inside
from qubix_agent.sandbox.interpreter import base_interpreter
from qubix_agent.sandbox.launcher import Launcher
from qubix_agent.sandbox.limits import Limits
from qubix_agent.sandbox.outcome import End, Outcome
from qubix_agent.sandbox.sandbox import Sandbox
from qubix_agent.sandbox.view import Command, View

Progress = Callable[[str], None]

BUILD_LIMITS: Final = Limits(
    wall_seconds=1800,
    memory_mib=4096,
    cpu_milli=2000,
    max_processes=512,
    max_file_mib=8192,
    max_output_mib=32768,
)
_SCRIPT: Final = Path(__file__).with_name("build_script.py")
_BUILD: Final = PurePosixPath("/opt/build")
_EGRESS: Final = PurePosixPath("/run/egress/socket")
_OWNERS_LINES: Final = ("Looking in indexes:", "Looking in links:", "WARNING: Location 'file:")
_OWNERS_PATH: Final = re.compile(r"((?:Processing|Looking in) )\S*/")
_LOG_LINES: Final = 60
_SYSTEM_CERTIFICATES: Final = Path("/etc/ssl/certs")
_PAGE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What to build: normalised requirements, none of which means the default environment, and where from."""

    requirements: tuple[str, ...]
    settings: PipSettings
    limits: Limits = BUILD_LIMITS

    @property
    def projects(self) -> tuple[str, ...]:
        """The names of the packages asked for."""
        if self.requirements:
            return tuple(Requirement(line).name for line in self.requirements)
        lines = DEFAULT_LOCK.read_text(encoding="utf-8").splitlines()
        return tuple(line.partition("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#")))


def build(
    *,
    recipe: Recipe,
    target: Path,
    launcher: Launcher,
    work: Path,
    progress: Progress,
    cancel: threading.Event,
) -> None:
    """Fill the empty folder `target` with an environment, which then belongs to the build's own user.

    Args:
        recipe: what to build.
        target: an empty folder.
        launcher: where the sandbox comes from.
        work: folder for the sandbox's workspace.
        progress: hears pip's output, line by line.
        cancel: set to stop.

    Raises:
        EnvironmentBuildError: pip says that it cannot be done.
        EnvironmentUnavailable: the index could not be reached, or the sandbox broke.
        EnvironmentBuildCancelled: `cancel` was set.
    """
    log: deque[str] = deque(maxlen=_LOG_LINES)

    def hear(line: str) -> None:
        # Where the owner's index lies is no business of the job's, and says nothing about its requirements.
        if not line.lstrip().startswith(_OWNERS_LINES):
            shown = _OWNERS_PATH.sub(r"\1", line)
            log.append(shown)
            progress(shown)

    with launcher.prepare(work) as sandbox, contextlib.ExitStack() as stack:
        writable: dict[PurePosixPath, Path] = {}
        proxy = _proxy(recipe, sandbox.workspace.root / "egress")
        if proxy:
            proxy.socket_path.parent.mkdir(mode=0o700)
            stack.enter_context(proxy.serving(owner=sandbox.job_uid))
            writable[_EGRESS] = proxy.socket_path
        if sandbox.job_uid is not None:
            os.chown(target, sandbox.job_uid, sandbox.job_uid)
        sandbox.start(
            command=_command(recipe, has_egress=proxy is not None),
            view=_view(recipe, target=target, writable=writable),
            limits=recipe.limits,
        )
        outcome = _follow(sandbox, hear, cancel)
    _judge(outcome, recipe=recipe, proxy=proxy, log=log)


def _view(recipe: Recipe, *, target: Path, writable: Mapping[PurePosixPath, Path]) -> View:
    prefix, _ = base_interpreter()
    read_only = {
        _BUILD / "pip": pip_folder(),
        _BUILD / _SCRIPT.name: _SCRIPT,
        _BUILD / DEFAULT_LOCK.name: DEFAULT_LOCK,
    }
    if recipe.settings.certificates:
        read_only[PurePosixPath(recipe.settings.certificates)] = recipe.settings.certificates
    elif _SYSTEM_CERTIFICATES.is_dir():
        read_only[PurePosixPath(_SYSTEM_CERTIFICATES)] = _SYSTEM_CERTIFICATES
    for address in (*recipe.settings.indexes, *recipe.settings.find_links):
        if path := local_path(address):
            read_only |= {PurePosixPath(folder): folder for folder in local_folders(path)}
    return View(
        environment=target,
        writable_environment=True,
        interpreter=prefix,
        read_only=read_only,
        writable=writable,
    )


def _command(recipe: Recipe, *, has_egress: bool) -> Command:
    _, python = base_interpreter()
    order = {
        "egress": str(_EGRESS) if has_egress else None,
        "environment": str(inside.ENVIRONMENT),
        "pip": _pip_arguments(recipe),
        "cores": recipe.limits.whole_cores,
    }
    environ = {
        "PYTHONPATH": str(_BUILD),
        "PIP_CONFIG_FILE": os.devnull,
        # Wheels are unpacked there, and the memory file system at /tmp is small.
        "TMPDIR": str(inside.JOB),
        "COLUMNS": "200",
        "MAKEFLAGS": f"-j{recipe.limits.whole_cores}",
        **_pip_variables(recipe.settings),
    }
    return Command(argv=(str(python), str(_BUILD / _SCRIPT.name), json.dumps(order)), environ=environ)


def _pip_arguments(recipe: Recipe) -> list[str]:
    settings = recipe.settings
    line = ["--no-input", "--disable-pip-version-check", "--no-cache-dir", "--no-color", "--progress-bar", "off"]
    line += ["--prefer-binary", "--retries", "2", "--root-user-action", "ignore"]
    if not settings.index_url:
        line += ["--no-index"]
    for host in settings.trusted_hosts:
        line += ["--trusted-host", host]
    if settings.certificates:
        line += ["--cert", str(settings.certificates)]
    if settings.has_credentials:
        # Building from source runs the package's code, which could read the owner's password.
        line += ["--only-binary", ":all:"]
    if recipe.requirements:
        return [*line, "--", *recipe.requirements]
    return [*line, "--require-hashes", "--requirement", str(_BUILD / DEFAULT_LOCK.name)]


def _pip_variables(settings: PipSettings) -> dict[str, str]:
    """Where pip looks. A password may be in there, and its arguments can be read by every user of the machine."""
    found = {
        "PIP_INDEX_URL": settings.index_url or "",
        "PIP_EXTRA_INDEX_URL": " ".join(settings.extra_index_urls),
        "PIP_FIND_LINKS": " ".join(settings.find_links),
    }
    return {name: value for name, value in found.items() if value}


def _proxy(recipe: Recipe, folder: Path) -> EgressProxy | None:
    settings = recipe.settings
    addresses = (*settings.indexes, *settings.find_links)
    named = frozenset(endpoint for address in addresses if (endpoint := endpoint_of(address)))
    if not named:
        return None
    policy = EgressPolicy(named=named)
    linked = _linked_hosts(recipe) - named
    if linked:
        policy = replace(policy, linked=linked, index_is_private=private_network(named))
    return EgressProxy(policy, folder / "socket")


def _linked_hosts(recipe: Recipe) -> frozenset[tuple[str, int]]:
    """The hosts that the index's pages of the packages asked for link to."""
    verify = _trust(recipe.settings.certificates)
    remote = [address for address in recipe.settings.indexes if endpoint_of(address)]
    hosts: set[tuple[str, int]] = set()
    with httpx.Client(verify=verify, timeout=_PAGE_SECONDS, headers={"Accept": ACCEPT}) as client:
        for index in remote:
            for project in recipe.projects:
                hosts |= _hosts_on_page(client, f"{index.rstrip('/')}/{project}/")
    return frozenset(hosts)


def _trust(certificates: Path | None) -> ssl.SSLContext:
    if certificates is None:
        return httpx.create_ssl_context()
    if certificates.is_dir():
        return ssl.create_default_context(capath=certificates)
    return ssl.create_default_context(cafile=certificates)


def _hosts_on_page(client: httpx.Client, address: str) -> frozenset[tuple[str, int]]:
    try:
        page = client.get(address, follow_redirects=True)
    except httpx.HTTPError as error:
        raise EnvironmentUnavailable(
            asked="Reaching the package index of this machine",
            obstacle=str(error) or type(error).__name__,
            remedy="Check this machine's network and pip's index-url; another provider may do at once.",
        ) from error
    if page.is_error:
        # An index that does not have the package; pip will say so if no other has it either.
        return frozenset()
    content_type = page.headers.get("content-type", "text/html")
    return file_hosts(linked_files(page.text, address=str(page.url), content_type=content_type))


def _follow(sandbox: Sandbox, hear: Progress, cancel: threading.Event) -> Outcome:
    """Pass the output on, line by line, until it ends."""
    poller = select.poll()
    pending = {pipe.fileno(): pipe for pipe in (sandbox.stdout, sandbox.stderr)}
    partial = dict.fromkeys(pending, b"")
    for descriptor in pending:
        poller.register(descriptor, select.POLLIN)
    while pending:
        if cancel.is_set():
            sandbox.kill()
        for descriptor, _ in poller.poll(100):
            data = pending[descriptor].read()
            if data == b"":
                poller.unregister(descriptor)
                del pending[descriptor]
            *lines, partial[descriptor] = (partial[descriptor] + (data or b"")).split(b"\n")
            for line in lines:
                hear(line.decode(errors="replace").rstrip())
    for rest in filter(None, partial.values()):
        hear(rest.decode(errors="replace").rstrip())
    outcome = sandbox.wait()
    if cancel.is_set():
        raise cancelled()
    return outcome


def _judge(outcome: Outcome, *, recipe: Recipe, proxy: EgressProxy | None, log: Sequence[str]) -> None:
    if outcome.succeeded:
        return
    asked = f"An environment with {', '.join(recipe.requirements) or 'the default packages'}"
    if outcome.end is End.SANDBOX_FAILED or (proxy and proxy.failed):
        reasons = [f"{host} cannot be reached ({why})" for host, why in sorted(proxy.failed.items())] if proxy else []
        raise EnvironmentUnavailable(
            asked=asked,
            obstacle="; ".join(reasons) or f"the sandbox broke: {' '.join(log)[-500:]}",
            remedy="This machine has to be mended; another provider may do at once.",
            details={"log": "\n".join(log)},
        )
    obstacle = _OBSTACLES.get(outcome.end) or _last_error(log)
    if proxy and proxy.refused:
        obstacle += f"; a build may reach the package index only, and was refused {', '.join(sorted(proxy.refused))}"
    raise EnvironmentBuildError(
        asked=asked,
        obstacle=obstacle,
        remedy="Correct the requirements: the log shows what pip said.",
        details={"log": "\n".join(log)},
    )


_OBSTACLES: Final = {
    End.TIMEOUT: "building took longer than is allowed",
    End.OUT_OF_MEMORY: "building took more memory than is allowed",
    End.OUTPUT_LIMIT: "it takes more disk than is allowed",
}


def _last_error(log: Sequence[str]) -> str:
    errors = [line.removeprefix("ERROR: ") for line in log if line.startswith("ERROR: ")]
    return " ".join(errors)[-1000:] or " ".join(list(log)[-3:])[-1000:] or "pip failed without a word"
