"""Load Django, check it against the database, and hand it over as an ASGI application."""

from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

from saas.embedded import assets, schema
from saas.embedded.refusal import Refusal
from saas.ops import garbage_collection


def set_up() -> None:
    """Set Django up."""
    import django  # after the environment is set
    from django.core.exceptions import ImproperlyConfigured

    try:
        with garbage_collection.paused():
            django.setup()
    except ImproperlyConfigured as error:
        raise Refusal(str(error)) from error


def collected() -> AbstractContextManager[None]:
    """Collect the static files while the block runs. No other thread may run yet, because a copy of this process does
    it."""
    from django.conf import settings

    return assets.collected(Path(settings.STATIC_ROOT))


def load() -> None:
    """Load all that needs no database, so that it can happen while PostgreSQL starts."""
    with garbage_collection.paused():
        import_module("saas.embedded.web")
        import_module("saas.urls")
    garbage_collection.set_aside()


def provide_tables() -> None:
    from django.db import OperationalError, connections

    try:
        schema.provide()
    except OperationalError as error:
        raise Refusal(f"The database does not answer: {' '.join(str(error).split())}") from error
    finally:
        connections.close_all()


def application() -> Any:  # an ASGI callable
    from saas.database.tenancy import BypassesRowSecurity

    try:
        import_module("saas.worker")  # heartbeat, broker and tasks
        return import_module("saas.asgi").application
    except BypassesRowSecurity as error:
        raise Refusal(str(error)) from error


def recover() -> None:
    """Finish work that an earlier process left unfinished. The embedded database is used by this program alone, and the
    lock on the data folder proves that no other worker runs."""
    from django.db import connections

    from studio.engine import lost_workers

    try:
        lost_workers.recover()
    finally:
        connections.close_all()


def put_away() -> None:
    from django.db import connections

    from saas.database.presence import presence

    presence.leave()
    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
