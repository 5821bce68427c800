"""Django's part of the start: loaded, checked against the database, handed over as an ASGI application."""

import gc
from importlib import import_module
from pathlib import Path
from typing import Any

from saas import collector
from saas.embedded import assets, schema
from saas.embedded.refusal import Refusal


def load() -> None:
    """All that needs no database, so that it can happen while PostgreSQL starts."""
    import django  # after the environment is set
    from django.core.exceptions import ImproperlyConfigured

    try:
        with collector.paused():
            django.setup()
            import_module("saas.embedded.web")
            import_module("saas.urls")
        collector.set_aside()
    except ImproperlyConfigured as error:
        raise Refusal(str(error)) from error


def prepare() -> None:
    from django.conf import settings
    from django.db import OperationalError, connections

    try:
        with assets.collected(Path(settings.STATIC_ROOT)):
            if schema.has_news():
                schema.migrate()
                gc.collect()  # what it leaves is not to be set aside with what stays
    except OperationalError as error:
        raise Refusal(f"The database does not answer: {' '.join(str(error).split())}") from error
    finally:
        connections.close_all()


def application() -> Any:  # an ASGI callable
    from saas.tenancy import BypassesRowSecurity

    try:
        import_module("saas.worker")  # heartbeat, broker and tasks
        return import_module("saas.asgi").application
    except BypassesRowSecurity as error:
        raise Refusal(str(error)) from error


def inherit() -> None:
    """The database is ours alone, and the lock on the data folder says that nobody else works: what an earlier life
    left in the middle comes to its end now."""
    from django.db import connections

    from studio import caretaker

    try:
        caretaker.inherit()
    finally:
        connections.close_all()


def put_away() -> None:
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's has one
