"""Error tracking, for operators who run a Sentry of theirs."""

import os
from importlib.metadata import version
from typing import Final

import sentry_sdk

DSN_VARIABLE: Final = "SENTRY_DSN"


def report_errors() -> None:
    """Send unexpected errors to the Sentry that `SENTRY_DSN` names; nothing leaves the machine where it is not set."""
    dsn = os.environ.get(DSN_VARIABLE)
    if dsn:
        # Local variables can hold tokens, and bodies can hold anything.
        sentry_sdk.init(
            dsn=dsn,
            release=version("qubix"),
            include_local_variables=False,
            send_default_pii=False,
            max_request_body_size="never",
        )
