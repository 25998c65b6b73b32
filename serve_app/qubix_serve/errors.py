"""Every error leaves the API in one shape, with a sentence for people and nothing of our insides."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from qubix.errors import InternalError, InvalidRequest, NotFound, QubixError

log = structlog.get_logger(__name__)


def install_error_handlers(app: FastAPI) -> None:
    """Answer every kind of refusal in the one shape. What nobody foresaw is answered by the observer of requests."""
    app.add_exception_handler(QubixError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


def answer(error: QubixError, *, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error as a response."""
    if error.status == 401:
        headers = {"WWW-Authenticate": "Bearer"} | (headers or {})
    if (wait := error.details.get("retryAfterSeconds")) is not None:
        headers = {"Retry-After": str(wait)} | (headers or {})
    return JSONResponse(error.to_wire(), status_code=error.status, headers=headers)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QubixError)
    if error.status >= 500:
        log.error("request_failed", code=error.code, path=request.url.path, exc_info=error)
    return answer(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    problems = [
        {"field": ".".join(str(part) for part in problem["loc"]), "problem": str(problem["msg"])}
        for problem in error.errors()
    ]
    first = problems[0] if problems else {"field": "body", "problem": "it could not be read"}
    return answer(
        InvalidRequest(
            asked=f"{request.method} {request.url.path}",
            obstacle=f"{first['field']}: {first['problem']}",
            remedy="Correct the request; /docs describes it.",
            details={"problems": problems},
        )
    )


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    asked = f"{request.method} {request.url.path}"
    if error.status_code == 404:
        refusal: QubixError = NotFound(
            asked=asked, obstacle="there is no such route", remedy="See /docs for what there is."
        )
    else:
        refusal = InvalidRequest(asked=asked, obstacle=str(error.detail), remedy="See /docs for what there is.")
    return JSONResponse(refusal.to_wire(), status_code=error.status_code, headers=error.headers)


def crashed(*, method: str, path: str, request_id: str) -> JSONResponse:
    """The answer to a request that a mistake of ours broke."""
    return answer(
        InternalError(
            asked=f"{method} {path}",
            obstacle="something went wrong on our side",
            remedy=f"Try again; the log has the details under the request's id, {request_id}.",
            details={"requestId": request_id},
        )
    )
