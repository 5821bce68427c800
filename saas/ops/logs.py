"""Structured logs: one event a line, with request id and organization; JSON for machines, colours for people."""

import logging
import sys
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.typing import Processor

from saas import requests

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# One list for good: loggers that have spoken once keep it, also when logging is configured anew.
PROCESSORS: list[Processor] = [*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]


def configure(options: dict[str, Any]) -> None:
    is_json = options["format"] == "json"
    renderer: Processor = structlog.processors.JSONRenderer() if is_json else _for_people()
    tracebacks: list[Processor] = [structlog.processors.format_exc_info] if is_json else []
    handler = logging.StreamHandler()
    handler.addFilter(_without_paths)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tracebacks, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(options["level"])
    for noisy in ("daphne", "django.channels.server", "httpx2", "httpcore2", "pika", "botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _for_people() -> Processor:
    # Where rich is installed, structlog prints the local variables of each frame: keys, prompts, passwords.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _without_paths(record: logging.LogRecord) -> bool:
    """Django names the path of a request that it refuses; paths hold invitations' tokens. The route says as much."""
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
        route = requests.route(request)
        record.args = tuple(route if argument == request.path else argument for argument in record.args)
    return True
