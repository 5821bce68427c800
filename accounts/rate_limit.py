"""Count and limit the calls of each API key by whole minutes, in the cache that all web processes share."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.http.response import HttpResponseBase

from accounts.models import ApiKey
from saas.storage.redis_cache import counters

MINUTE_SECONDS = 60


@dataclass(frozen=True)
class Allowance:
    limit: int
    left: int
    reset_seconds: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "x-ratelimit-limit-requests": str(self.limit),
            "x-ratelimit-remaining-requests": str(self.left),
            "x-ratelimit-reset-requests": f"{self.reset_seconds}s",
        }

    @property
    def sentence(self) -> str:
        return (
            f"Rate limit reached for this key on requests per min: Limit {self.limit}. "
            f"Please try again in {self.reset_seconds}s."
        )

    def tell(self, response: HttpResponseBase) -> None:
        for name, value in self.headers.items():
            response[name] = value


class AskedTooOften(Exception):
    def __init__(self, allowance: Allowance) -> None:
        super().__init__(allowance.sentence)
        self.allowance = allowance
        self.headers = {**allowance.headers, "Retry-After": str(allowance.reset_seconds)}


def count(key: ApiKey) -> Allowance:
    now = time.time()
    asked = counters.count(f"asked:{key.code}:{int(now // MINUTE_SECONDS)}", 2 * MINUTE_SECONDS)
    limit: int = settings.API_CALLS_A_MINUTE
    wait = max(1, round(MINUTE_SECONDS - now % MINUTE_SECONDS))
    allowance = Allowance(limit, max(0, limit - asked), wait)
    if asked > limit:
        raise AskedTooOften(allowance)
    return allowance
