"""The console as browsers get it: the page, its files, and what guards them."""

import gzip
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from qubix_serve.app import create_app
from qubix_serve.console import routes
from qubix_serve.settings import ServeSettings
from tests.serve_app.conftest import Api

SCRIPT = "/assets/index-3f9a.js"
PAGES = ("/", "/app", "/app/", "/app/marketplace", "/app/jobs/1/monitor", "/app/a.b/c.js")


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small build in the place of the real one."""
    root = tmp_path / "static"
    (root / "assets").mkdir(parents=True)
    (root / ".vite").mkdir()
    for name, content in {"favicon.svg": "<svg/>", SCRIPT[1:]: "alert(1)", ".vite/manifest.json": "{}"}.items():
        (root / name).write_text(content)
    (root / "index.html").write_text("<html></html>")
    (root / "index.html.gz").write_bytes(gzip.compress(b"<html></html>"))
    (root / f"{SCRIPT[1:]}.br").write_bytes(b"as brotli")
    (root / f"{SCRIPT[1:]}.gz").write_bytes(b"as gzip")
    (tmp_path / "secret").write_text("outside")
    monkeypatch.setattr(routes, "BUILT", root)
    return root


@pytest.mark.usefixtures("build")
async def test_every_address_of_the_console_is_its_page(api: Api) -> None:
    async with api.client() as browser:
        for path in PAGES:
            answer = await browser.get(path)
            assert (answer.status_code, answer.text) == (200, "<html></html>")
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert answer.headers["Cache-Control"] == "no-cache"
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert (await browser.head(path)).status_code == 200
            again = await browser.get(path, headers={"If-None-Match": answer.headers["ETag"]})
            assert (again.status_code, again.content) == (304, b"")


async def test_a_new_build_is_seen_at_once(api: Api, build: Path) -> None:
    async with api.client() as browser:
        first = await browser.get("/")
        (build / "index.html").write_text("<html>new</html>")
        (build / "index.html.gz").unlink()
        second = await browser.get("/", headers={"If-None-Match": first.headers["ETag"]})
        assert second.text == "<html>new</html>"


@pytest.mark.usefixtures("build")
async def test_files_are_kept_for_ever_in_the_shortest_form(api: Api) -> None:
    forms = {"gzip, br": ("br", b"as brotli"), "gzip": ("gzip", b"as gzip"), "br;q=0": (None, b"alert(1)")}
    async with api.client() as browser:
        for takes, (encoding, content) in forms.items():
            async with browser.stream("GET", SCRIPT, headers={"Accept-Encoding": takes}) as answer:
                assert b"".join([part async for part in answer.aiter_raw()]) == content
            assert answer.headers.get("Content-Encoding") == encoding
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.usefixtures("build")
async def test_what_is_no_file_of_the_build_is_not_found(api: Api) -> None:
    inside = ("/api/nothing", "/assets/gone.js", "/gone", "/index.html", "/.vite/manifest.json", "/metrics/x", "/ws")
    outside = ("/assets/..%2f..%2fsecret", "/assets/%2fetc%2fpasswd", "/assets/../../secret", "/%2e%2e")
    async with api.client() as browser:
        for path in inside + outside:
            answer = await browser.get(path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("build")
async def test_the_console_hides_nothing_of_the_api(api: Api) -> None:
    async with api.client() as browser:
        assert (await browser.get("/docs")).headers["Content-Type"].startswith("text/html")
        assert "swagger" in (await browser.get("/docs")).text
        assert (await browser.get("/metrics")).status_code == 200
        assert (await browser.get("/openapi.json")).json()["info"]["title"] == "QUBIX"
        assert "Disallow: /app/" in (await browser.get("/robots.txt")).text
        assert (await browser.get("/favicon.ico")).headers["Content-Type"].startswith("image/svg+xml")
        assert (await browser.post("/app/marketplace")).status_code == 405


async def test_without_a_build_it_says_which_command_makes_one(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "BUILT", tmp_path / "nothing")
    async with api.client() as browser:
        answer = await browser.get("/app/marketplace")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "console_not_built")
    assert "make console" in answer.json()["error"]["message"]


@pytest.mark.usefixtures("build")
async def test_behind_tls_browsers_stay_with_it(serve_settings: ServeSettings) -> None:
    app = create_app(replace(serve_settings, public_url="https://qubix.example", walletconnect_project_id="project"))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://qubix.example") as browser:
            answer = await browser.get("/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "connect-src 'self' wss://relay.walletconnect.org;" in answer.headers["Content-Security-Policy"]
