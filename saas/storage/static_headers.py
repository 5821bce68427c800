"""Static files are answered before the middleware that gives every page its headers."""

from collections.abc import MutableMapping


def on_static_files(headers: MutableMapping[str, str], path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
