"""The API, as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.routing import APIRoute

from qubix.schemas.platform import ErrorAnswer
from qubix_serve.console import routes as console
from qubix_serve.context import open_context
from qubix_serve.errors import install_error_handlers
from qubix_serve.observability.metrics import Metrics
from qubix_serve.observability.requests import RequestObserver
from qubix_serve.routers import (
    analysis,
    arrays,
    blobs,
    books,
    cash,
    checkpoints,
    development,
    development_wallets,
    escrow,
    groups,
    hardware,
    jobs,
    keys,
    market,
    platform,
    providers,
    reports,
    reservations,
    sessions,
    spending,
    users,
    wallet,
    websocket,
)
from qubix_serve.settings import ServeSettings


def create_app(settings: ServeSettings) -> FastAPI:
    """Build the API. It connects to the database when it starts, not here."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.context = await open_context(settings, stack)
            yield

    app = FastAPI(
        title="QUBIX",
        version=version("qubix"),
        description="An open GPU marketplace. Amounts are whole QU, prices QU per hour, memory MiB, times UTC.",
        lifespan=lifespan,
        generate_unique_id_function=_route_name,
        responses={
            "4XX": {"model": ErrorAnswer, "description": "Refused: the message says why and what would help."},
            "5XX": {"model": ErrorAnswer, "description": "Failed on our side: try again."},
        },
    )
    app.state.metrics = Metrics()
    # /api/jobs/pending/… before /api/jobs/{id}, /api/providers/my before /api/providers/{id}.
    for module in (
        reports,
        checkpoints,
        analysis,
        spending,
        jobs,
        arrays,
        groups,
        providers,
        market,
        hardware,
        blobs,
        users,
        keys,
        sessions,
        development_wallets,
        wallet,
        cash,
        escrow,
        reservations,
        books,
        platform,
        websocket,
    ):
        app.include_router(module.router)
    if settings.mode == "development":
        app.include_router(development.router)
    app.include_router(console.router)
    install_error_handlers(app)
    app.add_middleware(RequestObserver, metrics=app.state.metrics)
    return app


def _route_name(route: APIRoute) -> str:
    return route.name
