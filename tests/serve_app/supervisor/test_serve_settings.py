"""HAProxy held to loopback, its files private."""

import os
import resource
import subprocess
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from qubix.calls import Call
from qubix.errors import ConnectionFailed
from qubix.retries import RetryPolicy
from qubix.settings import Connection
from qubix.transport import Transport
from qubix_agent.ray_node.ports import free_port
from qubix_serve.supervisor.serve_settings import serve_settings
from qubix_serve.supervisor.state import Ports
from qubix_serve.supervisor.tls import ServerCertificate
from tests.certificates import make_certificates

PORTS = Ports(http=8000, gcs=1, proxy_stats=2, proxy_metrics=3, proxy_fallback=4, replicas=500, dashboard=6, devnet=7)
AS_SERVE_WRITES_IT = """frontend prometheus
    bind :3
frontend http_frontend
    bind 127.0.0.1:8000
listen stats
  bind *:2
backend api
    errorfile 502 /500.http
    errorfile 503 /500.http
    server one 127.0.0.1:30000
"""
UNKNOWN_PATH = """backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found. Ping http://..."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """HAProxy's folder."""
    return tmp_path / "proxy"


def test_every_file_is_in_the_private_folder(folder: Path) -> None:
    settings = serve_settings(folder=folder, ports=PORTS, host="127.0.0.1")

    paths = [value for name, value in settings.items() if "HAPROXY" in name and "/" in value]
    assert len(paths) == 7
    assert all(Path(path) == folder or Path(path).parent == folder for path in paths)
    assert folder.stat().st_mode & 0o077 == 0
    assert settings["RAY_SERVE_HAPROXY_STATS_PORT"] == "2"
    assert settings["RAY_SERVE_HAPROXY_METRICS_PORT"] == "3"
    assert settings["RAY_SERVE_FALLBACK_PROXY_HTTP_PORT"] == "4"
    assert settings["RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT"] == "500"
    assert settings["RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT"] == "600"


def test_wrapper_narrows_every_wildcard_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    wrapper = serve_settings(folder=folder, ports=PORTS, host="127.0.0.1")["RAY_SERVE_HAPROXY_BINARY_PATH"]
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(AS_SERVE_WRITES_IT)

    for _ in range(2):
        # -c only checks the file; -v, first, would end before it.
        subprocess.run([wrapper, "-db", "-f", str(configuration), "-c"], capture_output=True, timeout=20, check=False)
        assert configuration.read_text().splitlines() == [
            "frontend prometheus",
            "    bind 127.0.0.1:3",
            "frontend http_frontend",
            "    bind 127.0.0.1:8000",
            "listen stats",
            "  bind 127.0.0.1:2",
            "backend api",
            "    server one 127.0.0.1:30000",
        ]


def test_path_that_serve_does_not_know_yet_is_no_reason_to_give_up(folder: Path, tmp_path: Path) -> None:
    wrapper = serve_settings(folder=folder, ports=PORTS, host="127.0.0.1")["RAY_SERVE_HAPROXY_BINARY_PATH"]
    port = free_port()
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(
        "defaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n"
        f"frontend f\n  bind :{port}\n  default_backend default_backend\n{UNKNOWN_PATH}"
    )
    with subprocess.Popen([wrapper, "-db", "-f", str(configuration)], stderr=subprocess.PIPE) as proxy:
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=6)) as client:
                answer = client.get(f"http://127.0.0.1:{port}/api/jobs")
        finally:
            proxy.kill()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"


class _Echo(BaseHTTPRequestHandler):
    """Says for whom it is asked."""

    def do_GET(self) -> None:  # the standard library's name
        """Answer."""
        told = (self.headers["X-Forwarded-For"] or "nobody").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)


def test_the_api_is_told_which_client_asks(folder: Path, tmp_path: Path) -> None:
    wrapper = serve_settings(folder=folder, ports=PORTS, host="127.0.0.1")["RAY_SERVE_HAPROXY_BINARY_PATH"]
    port = free_port()
    configuration = tmp_path / "haproxy.cfg"
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as api:
        Thread(target=api.serve_forever, daemon=True).start()
        configuration.write_text(
            "defaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n"
            f"frontend f\n    bind :{port}\n    default_backend b\n"
            f"backend b\n    server s 127.0.0.1:{api.server_port}\n"
        )
        with subprocess.Popen([wrapper, "-db", "-f", str(configuration)], stderr=subprocess.PIPE) as proxy:
            try:
                with httpx.Client(transport=httpx.HTTPTransport(retries=6)) as client:
                    answer = client.get(f"http://127.0.0.1:{port}/")
            finally:
                proxy.kill()
                api.shutdown()
    assert answer.text == "127.0.0.1"


@pytest.mark.parametrize(("host", "shown"), [("10.0.0.10", "10.0.0.10"), ("fd00::1", "[fd00::1]")])
def test_api_alone_is_opened_where_it_is_asked_for_and_by_tls_alone(
    folder: Path, tmp_path: Path, host: str, shown: str
) -> None:
    certificate = ServerCertificate(certificate=tmp_path / "node.crt", key=tmp_path / "node.key")
    settings = serve_settings(folder=folder, ports=PORTS, host=host, certificate=certificate)
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(AS_SERVE_WRITES_IT)

    for _ in range(2):
        wrapper = settings["RAY_SERVE_HAPROXY_BINARY_PATH"]
        subprocess.run([wrapper, "-db", "-f", str(configuration), "-c"], capture_output=True, timeout=20, check=False)
        binds = [line.strip() for line in configuration.read_text().splitlines() if "bind" in line]
        assert binds == [
            "bind 127.0.0.1:3",
            "bind 127.0.0.1:8000",
            f"bind {shown}:8000 ssl crt {folder}/api.pem",
            "bind 127.0.0.1:2",
        ]


def test_other_machines_reach_the_api_by_tls_with_the_platforms_certificate_and_not_without(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = make_certificates(tmp_path, addresses=["127.0.0.2"])
    certificate = ServerCertificate(
        certificate=Path(files["RAY_TLS_SERVER_CERT"]), key=Path(files["RAY_TLS_SERVER_KEY"])
    )
    port = free_port()
    settings = serve_settings(folder=folder, ports=replace(PORTS, http=port), host="127.0.0.2", certificate=certificate)
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(
        "defaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n  timeout connect 1s\n"
        f"frontend http_frontend\n  bind 127.0.0.1:{port}\n"
        "  http-request return status 200 content-type text/plain string up\n"
    )
    with subprocess.Popen([settings["RAY_SERVE_HAPROXY_BINARY_PATH"], "-db", "-f", str(configuration)]) as proxy:
        try:
            patient = httpx.HTTPTransport(retries=6)
            with httpx.Client(transport=patient) as client:
                assert client.get(f"http://127.0.0.1:{port}").text == "up"
            with pytest.raises(httpx.TransportError):
                httpx.get(f"http://127.0.0.2:{port}", trust_env=False)
            ask = Call(asked="Asking", method="GET", path="/", parse=lambda reply: reply.body)
            monkeypatch.delenv("QUBIX_CA_FILE", raising=False)
            with pytest.raises(ConnectionFailed, match="Let QUBIX_CA_FILE name"):
                Transport(Connection(url=f"https://127.0.0.2:{port}"), retries=RetryPolicy(retries=0)).send(ask)
            monkeypatch.setenv("QUBIX_CA_FILE", files["QUBIX_CA_FILE"])
            assert Transport(Connection(url=f"https://127.0.0.2:{port}")).send(ask) == b"up"
        finally:
            proxy.kill()


def test_wrapper_becomes_the_real_haproxy(folder: Path) -> None:
    wrapper = serve_settings(folder=folder, ports=PORTS, host="127.0.0.1")["RAY_SERVE_HAPROXY_BINARY_PATH"]
    done = subprocess.run([wrapper, "-v"], capture_output=True, text=True, timeout=20, check=True)

    assert "HAProxy version" in done.stdout
    assert os.access(wrapper, os.X_OK)


@pytest.mark.parametrize("files", [1024, 20_000])
def test_proxy_starts_with_as_many_connections_as_files_allow(folder: Path, tmp_path: Path, files: int) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, before[1]))
    try:
        settings = serve_settings(folder=folder, ports=PORTS, host="127.0.0.1")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    most = int(settings["RAY_SERVE_HAPROXY_MAXCONN"])
    configuration = tmp_path / "haproxy.cfg"
    configuration.write_text(
        f"global\n  maxconn {most}\ndefaults\n  mode http\n  timeout client 1s\n  timeout server 1s\n"
        f"  option splice-request\n  timeout connect 1s\nfrontend f\n  bind unix@{tmp_path}/f.sock\n"
    )
    command = [settings["RAY_SERVE_HAPROXY_BINARY_PATH"], "-f", str(configuration), "-D", "-p", str(tmp_path / "pid")]
    done = subprocess.run(
        ["bash", "-c", f'ulimit -n {files} && "$@" && kill "$(cat {tmp_path / "pid"})"', "-", *command],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )

    assert most >= (files - 200) // 2, "two files for a connection, none for pipes"
    assert done.returncode == 0, done.stderr
    assert "Cannot raise FD limit" not in done.stderr
