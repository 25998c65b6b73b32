"""The platform's own health and figures."""

from fastapi import APIRouter, Request, Response

from qubix.schemas.platform import Health
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


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def get_metrics(request: Request) -> Response:
    """This replica's figures in the text format of Prometheus."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")
