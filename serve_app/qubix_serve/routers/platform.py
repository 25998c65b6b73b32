"""The platform's own health and figures, and what it is."""

import time
from importlib.metadata import version

import sentry_sdk
import structlog
from fastapi import APIRouter, Request, Response, status

from qubix.errors import TooManyRequests
from qubix.schemas.platform import ConsoleMistake, Health, PlatformFacts
from qubix_serve.context import MISTAKES_A_MINUTE
from qubix_serve.cookies import require_own_page
from qubix_serve.dependencies import Context
from qubix_serve.health import health
from qubix_serve.observability.metrics import Metrics

log = structlog.get_logger(__name__)
router = APIRouter(tags=["platform"])


@router.get("/api/health", responses={503: {"model": Health}})
async def get_health(context: Context, response: Response) -> Health:
    """How each part is. 503 where this replica cannot serve."""
    report = await health(context)
    if report.status == "down":
        response.status_code = 503
    return report


@router.get("/api/platform")
async def get_platform(context: Context) -> PlatformFacts:
    """What anybody may know before signing in: how to, on which chain the money is, and what the platform keeps."""
    settings = context.settings
    return PlatformFacts(
        version=version("qubix"),
        mode=settings.mode,
        chain=settings.chain,
        wallet_formats=list(settings.wallet_formats),
        walletconnect_project_id=settings.walletconnect_project_id,
        public_url=settings.public_url,
        fee_basis_points=settings.policy.fee_basis_points,
    )


@router.post("/api/console/mistakes", status_code=status.HTTP_204_NO_CONTENT)
async def report_console_mistake(request: Request, mistake: ConsoleMistake, context: Context) -> None:
    """A page of the console went wrong in somebody's browser: for the operator's log, and for their Sentry."""
    require_own_page(request.headers.get("origin"), host=request.headers.get("host", ""), settings=context.settings)
    address = "" if request.client is None else request.client.host
    if not context.mistakes.allows(address, now=time.monotonic()):
        raise TooManyRequests(
            asked="Reporting a mistake of the console",
            obstacle=f"one address may report {MISTAKES_A_MINUTE} a minute",
            remedy="Wait a minute.",
        )
    log.error("console_mistake", message=mistake.message, page=mistake.page, stack=mistake.stack)
    sentry_sdk.capture_message(f"console: {mistake.message}", level="error")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def get_metrics(request: Request) -> Response:
    """This replica's figures in the text format of Prometheus."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")
