"""What a script or notebook seems to need."""

import asyncio

from fastapi import APIRouter

from qubix.schemas.analysis import Analysis, AnalyzeRequest
from qubix_platform.analysis.service import analyze
from qubix_serve.dependencies import ReadUser

router = APIRouter(prefix="/api/jobs", tags=["jobs"])


@router.post("/analyze")
async def analyze_script(request: AnalyzeRequest, _: ReadUser) -> Analysis:
    """Frameworks, packages, GPU and memory, each finding with its line. The script is parsed, never executed."""
    # Parsing a large file takes a while, and other requests need not wait for it.
    return await asyncio.to_thread(analyze, request)
