"""The platform's own health and figures, and what it is."""

from importlib.metadata import version

from fastapi import APIRouter, Request, Response

from qubix.schemas.platform import Health, PlatformFacts
from qubix_serve.dependencies import Context
from qubix_serve.health import health
from qubix_serve.observability.metrics import Metrics

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


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def get_metrics(request: Request) -> Response:
    """This replica's figures in the text format of Prometheus."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")
