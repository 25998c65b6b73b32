"""What the platform of a few lines answers."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from qubix.schemas.arrays import ArrayCreate, ArrayRange, JobArray
from qubix.schemas.base import WireModel
from qubix.schemas.jobs import Job, JobCreate
from qubix.schemas.providers import Provider
from qubix.schemas.receipts import Receipt, ReceiptLeg
from qubix.schemas.states import IsolationLevel, JobStatus, ModelType, ProviderStatus, ProviderType, Trust

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def answer(model: WireModel, *, status: int = 200) -> Response:
    return JSONResponse(model.wire(), status_code=status)


def several(models: list[Any], *, total: int) -> Response:
    return JSONResponse([model.wire() for model in models], headers={"X-Total-Count": str(total)})


def failing(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response("<html>not ours</html>", status_code=status, headers=headers)


_numbers = itertools.count(1)


def new_job(wanted: JobCreate) -> Job:
    return Job(
        id=uuid4(),
        name=wanted.name or f"job {next(_numbers)}",
        model_type=wanted.model_type,
        status=JobStatus.PENDING,
        progress=0.0,
        cause=None,
        error=None,
        result=None,
        max_price=wanted.max_price,
        time_limit_seconds=wanted.time_limit_seconds,
        hold_amount=-(-wanted.max_price * wanted.time_limit_seconds // 3600),
        estimated_cost=0,
        estimated_seconds=None,
        actual_cost=None,
        provider_id=None,
        worker_id=None,
        attempts=0,
        simulated=False,
        resources=wanted.resources,
        requirements=list(wanted.requirements),
        cancel_requested=False,
        unassignable_since=None,
        created_at=NOW,
        started_at=None,
        completed_at=None,
    )


def new_array(wanted: ArrayCreate) -> JobArray:
    span = ArrayRange.parse(wanted.array)
    return JobArray(
        id=uuid4(),
        name=wanted.name or "array",
        first_index=span.first,
        last_index=span.last,
        at_once=span.at_once,
        size=span.size,
        counts={JobStatus.PENDING: span.size},
        held_back=span.size - span.at_once,
        hold_amount=span.size * wanted.max_price,
        cost_so_far=0,
        created_at=NOW,
    )


def receipt_of(job: Job) -> Receipt:
    return Receipt(
        job_id=job.id,
        settled=True,
        hold=job.hold_amount,
        cost=100,
        fee=5,
        provider_amount=95,
        refund=job.hold_amount - 100,
        fee_basis_points=500,
        legs=[
            ReceiptLeg(to="provider", amount=95, type="EARNING", cause="used"),
            ReceiptLeg(to="platform", amount=5, type="PAYMENT", cause="fee"),
            ReceiptLeg(to="consumer", amount=job.hold_amount - 100, type="REFUND", cause="unused time"),
        ],
        attempts=[],
        lost_seconds_unbilled=0,
        simulated=True,
        ledger_transactions=[1, 2],
        created_at=NOW,
        settled_at=NOW,
    )


def a_job(**changes: Any) -> Job:
    wanted = JobCreate(model_type=ModelType.SCRIPT, source="pass", max_price=3600, time_limit_seconds=60, name="a job")
    return new_job(wanted).model_copy(update=changes)


def a_machine() -> Provider:
    return Provider(
        id=uuid4(),
        worker_id="worker-7",
        name="worker-7",
        type=ProviderType.NATIVE,
        trust=Trust.GUEST,
        qubic_address=None,
        gpus=[],
        gpu_model=None,
        gpu_vram_mib=0,
        cpu_model="any",
        cpu_cores=4,
        ram_mib=4096,
        disk_mib=4096,
        location=None,
        price_per_hour=100,
        status=ProviderStatus.ONLINE,
        is_online=True,
        is_available=True,
        current_job_id=None,
        isolation_level=IsolationLevel.BWRAP,
        simulated=False,
        verified=True,
        reliability=1.0,
        benchmark=None,
        labels={},
        total_earnings=0,
        total_jobs=0,
        uptime_seconds=0,
        registered_at=NOW,
        last_heartbeat=NOW,
    )
