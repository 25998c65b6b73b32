"""The process behind `qubix up`: signals first, then the platform, then watching it until somebody asks to stop."""

import signal
import time
from types import FrameType
from typing import Any

from qubix_agent.ray_node import become_subreaper
from qubix_serve.console.files import is_built
from qubix_serve.supervisor.accounts import new_sign_in_link
from qubix_serve.supervisor.chain import LOOPBACK
from qubix_serve.supervisor.core import UpRequest, public_url
from qubix_serve.supervisor.down import stop_everything
from qubix_serve.supervisor.home import Home
from qubix_serve.supervisor.postgres import choose_database
from qubix_serve.supervisor.progress import Progress
from qubix_serve.supervisor.tls import require_tls
from qubix_serve.supervisor.up import Platform
from qubix_serve.supervisor.watch import PERIOD_SECONDS, Watch


class StopRequested(BaseException):
    """Somebody pressed Ctrl-C, or asked by SIGTERM or SIGHUP. Not an error: nothing but `run` catches it."""


def run(home: Home, request: UpRequest, *, progress: Progress) -> None:
    """Bring the platform up, watch it, and end all of it when asked to, or when it does not come up.

    Raises:
        TlsMissing: it shall listen beyond loopback without TLS.
        AlreadyRunning: another one runs on this home.
        QubixError: a part did not come up.
    """
    require_tls(request.host)
    home.prepare()
    database = choose_database(home)
    with home.locked():
        # Before the first child: one that is started earlier would be orphaned by an early Ctrl-C.
        become_subreaper()
        _listen_for_stop()
        began = time.monotonic()
        try:
            platform = Platform(home, request, database=database, progress=progress)
            platform.bring_up()
            progress.ready(_facts(platform, seconds=time.monotonic() - began, with_link=progress.is_private))
            watch = Watch(platform)
            while True:
                watch.look()
                time.sleep(PERIOD_SECONDS)
        except StopRequested:
            pass
        finally:
            _ignore_stop()
            began = time.monotonic()
            stop_everything(home, database)
            progress.note(f"stopped in {time.monotonic() - began:.1f} s; the data stays in {home.path}")


def _facts(platform: Platform, *, seconds: float, with_link: bool) -> dict[str, Any]:
    request, ports = platform.request, platform.state.ports
    has_console = is_built()
    return {
        "url": request.url,
        "console": f"{request.url}/" if has_console else None,
        "signInLink": _link(platform) if has_console and with_link else None,
        "publicUrl": public_url(request),
        "docs": f"{request.url}/docs",
        "apiKey": platform.secrets.api_key,
        "secrets": str(platform.home.secrets),
        "home": str(platform.home.path),
        "rayAddress": platform.spec.address,
        "chain": platform.chain.setting,
        "chainUrl": platform.chain.url(devnet_port=ports.devnet),
        "dashboard": f"http://{LOOPBACK}:{ports.dashboard}" if request.dashboard else None,
        "agents": [record.number for record in platform.state.agents],
        "secondsToReady": round(seconds, 2),
    }


def _link(platform: Platform) -> str:
    return new_sign_in_link(platform.request.local_url, api_key=platform.secrets.api_key)


def _listen_for_stop() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _request_stop)


def _ignore_stop() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _request_stop(_number: int, _frame: FrameType | None) -> None:
    _ignore_stop()
    raise StopRequested
