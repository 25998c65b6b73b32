"""What a client gets of a request that a mistake of ours broke."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from qubix_serve.errors import install_error_handlers
from qubix_serve.observability.metrics import Metrics
from qubix_serve.observability.requests import RequestObserver


@pytest.fixture
def client() -> httpx.AsyncClient:
    """A client of an app whose routes break."""
    app = FastAPI()

    @app.get("/crash")
    async def crash() -> None:
        raise ZeroDivisionError("a secret of our insides")

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one"
            raise ZeroDivisionError

        return StreamingResponse(pieces())

    install_error_handlers(app)
    app.add_middleware(RequestObserver, metrics=Metrics())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://api")


@pytest.mark.parametrize("given", [None, "mine-1"])
async def test_a_crash_has_the_requests_id_and_the_headers_of_every_answer(
    client: httpx.AsyncClient, given: str | None
) -> None:
    answer = await client.get("/crash", headers={} if given is None else {"X-Request-Id": given})

    assert answer.status_code == 500
    request_id = answer.headers["X-Request-Id"]
    assert given in (None, request_id)
    error = answer.json()["error"]
    assert error["code"] == "internal_error"
    assert error["details"]["requestId"] == request_id
    assert request_id in error["message"]
    assert "secret" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_an_answer_that_has_begun_is_not_begun_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/half")

    assert answer.status_code == 200
    assert answer.content == b"one"
