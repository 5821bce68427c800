"""Fetches one file from an address that a tenant chose: by https, once, not inside our network, and in bounded time."""

from collections.abc import Sequence

import httpx2

from saas import guard

SILENCE_SECONDS = 10.0


class CannotFetch(Exception):
    """Why is not told: who asks could learn what stands in our network."""


def fetch(url: str, *, limit_bytes: int, deadline_seconds: float, allowed_hosts: Sequence[str]) -> bytes:
    try:
        if not (url.lower().startswith("https://") or allowed_hosts):
            raise CannotFetch
        guard.check_url(url, allowed_hosts=allowed_hosts, query=True)
        with (
            guard.guarded_client(
                timeout=SILENCE_SECONDS,
                deadline_seconds=deadline_seconds,
                allowed_hosts=allowed_hosts,
                limit_bytes=limit_bytes + 1,
            ) as client,
            client.stream("GET", url) as answer,
        ):
            if not answer.is_success:  # a redirect is none
                raise CannotFetch
            return guard.read_at_most(answer, limit_bytes)
    except (guard.UnsafeURL, guard.ResponseRefused, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise CannotFetch from error


def post(
    url: str, body: bytes, headers: dict[str, str], *, deadline_seconds: float, allowed_hosts: Sequence[str]
) -> int:
    """The status of the answer; what it says is not read."""
    try:
        with (
            guard.guarded_client(
                timeout=SILENCE_SECONDS, deadline_seconds=deadline_seconds, allowed_hosts=allowed_hosts
            ) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            return answer.status_code
    except (guard.UnsafeURL, guard.ResponseRefused, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise CannotFetch from error
