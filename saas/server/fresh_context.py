"""Begin each request with an empty context.

Twisted reads the next request of a connection while it writes the end of the last answer, so the request would inherit
the context of the one before: whom it worked for, and threads that it has let go of."""

from contextvars import Context
from typing import Any


class FreshContext:
    """Mixin for Daphne's server."""

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        return Context().run(super().create_application, protocol, scope)  # type: ignore[misc]
