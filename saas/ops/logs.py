"""Configure structured logs: one event a line, with request id and organization, as JSON or in colours for people."""

import logging
import sys
from typing import Any

import structlog
from django.http import HttpRequest
from structlog.typing import Processor

from saas.ops import request_info

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]
# One list that is never replaced: a logger that has logged once keeps it, even if logging is configured again.
PROCESSORS: list[Processor] = [*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter]


def configure(options: dict[str, Any]) -> None:
    is_json = options["format"] == "json"
    renderer: Processor = structlog.processors.JSONRenderer() if is_json else _for_people()
    tracebacks: list[Processor] = [structlog.processors.format_exc_info] if is_json else []
    handler = logging.StreamHandler()
    handler.addFilter(_without_paths)
    handler.addFilter(_without_strangers_tracebacks)
    handler.addFilter(_without_companions)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tracebacks, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(options["level"])
    # What is paid for leaves a line, also where little else does.
    is_told = root.level <= logging.WARNING
    logging.getLogger("darkroom.calls").setLevel(min(root.level, logging.INFO) if is_told else logging.NOTSET)
    for noisy in ("daphne", "django.channels.server", "httpx2", "httpcore2", "pika", "botocore", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=PROCESSORS,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _for_people() -> Processor:
    # If rich is installed, structlog would print the local variables of each frame: keys, prompts, passwords.
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def _without_companions(record: logging.LogRecord) -> bool:
    """Drop Dramatiq's warning of a second worker in a process: ours serve different queues, see saas.queue.lanes."""
    return "a middleware of the same type twice" not in str(record.msg) or "_WorkerMiddleware" not in str(record.args)


def _without_paths(record: logging.LogRecord) -> bool:
    """Replace the path by the route's name in Django's log of a refused request: paths contain invitations' tokens."""
    request = getattr(record, "request", None)
    if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
        route = request_info.route(request)
        record.args = tuple(route if argument == request.path else argument for argument in record.args)
    return True


def _without_strangers_tracebacks(record: logging.LogRecord) -> bool:
    """Drop the traceback that Django logs when it refuses a suspicious request: a stranger could fill the log, a page
    for each request. The sentence is enough."""
    if record.name.startswith("django.security"):
        record.exc_info = None
    return True
