"""From rows of the database to what goes over the wire."""

import json
from typing import Any

from sqlalchemy import Row

from qubix.schemas.providers import Provider
from qubix.schemas.states import ProviderStatus


def provider(row: Row[Any], *, is_owner: bool) -> Provider:
    """A machine from its row. What it runs and what it earned are for its owner only."""
    values = dict(row._mapping)
    return Provider.model_validate(
        values
        | {
            "gpus": json.loads(row.gpus),
            "benchmark": json.loads(row.benchmark_text) if row.benchmark_text else None,
            "labels": json.loads(row.labels_text),
            "is_online": row.status != ProviderStatus.OFFLINE,
            "current_job_id": row.current_job_id if is_owner else None,
            "total_earnings": row.total_earnings if is_owner else None,
            "total_jobs": row.completed_attempts,
        }
    )
