"""The WebSocket."""

from fastapi import APIRouter, WebSocket

from qubix_serve.context import AppContext
from qubix_serve.live.connection import Connection

router = APIRouter()


@router.websocket("/ws")
async def live(socket: WebSocket) -> None:
    """Events as they happen; see `qubix.schemas.frames`."""
    context: AppContext = socket.app.state.context
    metrics = socket.app.state.metrics
    metrics.sockets.inc()
    try:
        await Connection(socket, context).serve()
    finally:
        metrics.sockets.dec()
