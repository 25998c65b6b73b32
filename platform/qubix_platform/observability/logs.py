"""Structured logs: one JSON object a line, with the ids of the request, the job and the attempt."""

import logging
import sys

import structlog

_SECRETS = ("authorization", "token", "password", "secret", "key")


def configure_logs(*, level: int = logging.INFO) -> None:
    """Log JSON lines to standard error. Values under names that sound like secrets are masked."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _mask_secrets(_: object, __: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for name, value in fields.items():
        if isinstance(value, str) and any(word in name.lower().split("_") for word in _SECRETS):
            fields[name] = "…"
    return fields
