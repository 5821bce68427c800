"""Fetch a file from, or post to, an address that a tenant chose: once, not inside our network, and in bounded time. A
file is fetched by https only, unless the operator has allowed hosts."""

from collections.abc import Sequence

import httpx2

from saas.outbound import guarded_http

SILENCE_SECONDS = 10.0


class CannotFetch(Exception):
    """The request failed. It gives no reason, from which a tenant could learn about our network."""


def fetch(url: str, *, limit_bytes: int, deadline_seconds: float, allowed_hosts: Sequence[str]) -> bytes:
    try:
        if not (url.lower().startswith("https://") or allowed_hosts):
            raise CannotFetch
        guarded_http.check_url(url, allowed_hosts=allowed_hosts, query=True)
        with (
            guarded_http.guarded_client(
                timeout=SILENCE_SECONDS,
                deadline_seconds=deadline_seconds,
                allowed_hosts=allowed_hosts,
                limit_bytes=limit_bytes + 1,
            ) as client,
            client.stream("GET", url) as answer,
        ):
            if not answer.is_success:  # a redirect does not count as success
                raise CannotFetch
            return guarded_http.read_at_most(answer, limit_bytes)
    except (guarded_http.UnsafeURL, guarded_http.ResponseRefused, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise CannotFetch from error


def post(
    url: str, body: bytes, headers: dict[str, str], *, deadline_seconds: float, allowed_hosts: Sequence[str]
) -> int:
    """Send the body and return the answer's status, without reading the answer's body."""
    try:
        with (
            guarded_http.guarded_client(
                timeout=SILENCE_SECONDS, deadline_seconds=deadline_seconds, allowed_hosts=allowed_hosts
            ) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            return answer.status_code
    except (guarded_http.UnsafeURL, guarded_http.ResponseRefused, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise CannotFetch from error
