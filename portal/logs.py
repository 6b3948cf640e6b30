"""Structured logs, for a console or as JSON, with secrets masked before a line is written."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_KEYS = re.compile(r"(?i)(password|secret|token|cookie|authorization|code)$")
_SECRET_PATHS = re.compile(r"(/screen/|/sign-in/link/|/record/|/review/|/calendar/\d+/|/d/|/unsubscribe/)[\w.-]{16,}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\x80-\x9f]")


def set_up(log_format: str = "console", *, level: int = logging.INFO) -> None:
    """Send our logs and those of the server through one set of rules."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        masked,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = name != "uvicorn.access"
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def masked(logger: Any, method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hide what opens doors, and what would let a value forge a line of its own."""
    for key, value in line.items():
        if _SECRET_KEYS.search(key):
            line[key] = "•••"
        elif isinstance(value, str) and key != "exception":
            line[key] = _UNPRINTABLE.sub("�", _SECRET_PATHS.sub(r"\1•••", value))
    return line
