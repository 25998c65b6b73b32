"""How the agent speaks: sentences on a terminal, JSON for programs, and all of it in its log."""

import json
import logging
import logging.handlers
import sys
from enum import Enum
from pathlib import Path
from typing import Any, Final

import structlog
from rich.console import Console

_LOG_BYTES: Final = 10 << 20


class Mode(Enum):
    """Who listens."""

    TERMINAL = "terminal"
    JSON = "json"


class Voice:
    """Says what happens. `event` is a name that programs can rely on, `sentence` is for people."""

    def __init__(self, mode: Mode, *, console: Console | None = None) -> None:
        self._mode = mode
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._log = structlog.get_logger("qubix_agent")

    def say(self, event: str, sentence: str, **facts: Any) -> None:
        """Something that its owner wants to know."""
        self._log.info(event, sentence=sentence, **facts)
        self._print(event, sentence, facts)

    def warn(self, event: str, sentence: str, **facts: Any) -> None:
        """Something that its owner ought to look into."""
        self._log.warning(event, sentence=sentence, **facts)
        self._print(event, sentence, facts, style="yellow")

    def _print(self, event: str, sentence: str, facts: dict[str, Any], style: str | None = None) -> None:
        if self._mode is Mode.JSON:
            sys.stdout.write(json.dumps({"event": event, "message": sentence} | facts, default=str) + "\n")
            sys.stdout.flush()
        else:
            self._console.print(sentence, style=style, markup=False)


def log_to(file: Path, *, level: int = logging.INFO) -> None:
    """Write everything that is logged in this process to the file, a JSON object per line, in bounded space."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=_LOG_BYTES, backupCount=3, encoding="utf-8")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    # One line per request of every heartbeat would bury what matters.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
