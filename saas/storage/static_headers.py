"""Set headers on static files, which are answered before the middleware that sets the headers of pages."""

from collections.abc import MutableMapping


def on_static_files(headers: MutableMapping[str, str], path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
