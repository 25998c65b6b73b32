"""What a machine's hardware amounts to as an offer."""

from pathlib import Path

from fastapi import APIRouter

from qubix.schemas.hardware import HardwareAssessment, HardwareReport
from qubix_agent.hardware.detect import detect_machine
from qubix_platform.hardware.service import assess

router = APIRouter(prefix="/api/hardware", tags=["hardware"])


@router.get("/detect")
def detect_server() -> HardwareAssessment:
    """What the server's own machine amounts to."""
    machine = detect_machine(home=Path("/"))
    return assess(HardwareReport(gpus=list(machine.gpus), cpu=machine.cpu, ram=machine.ram))


@router.post("/detect")
async def detect_posted(report: HardwareReport) -> HardwareAssessment:
    """What the posted report, a browser's for example, amounts to."""
    return assess(report)
