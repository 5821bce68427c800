"""Run as a process of its own: reads the answers of a hostile provider in as many threads as one organization may have,
and says how much memory that took at most. Arguments: the provider's address, how many threads, of how many tenants."""

import json
import os
import sys
import threading
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from saas.crypto.sealing import Secret  # noqa: E402 Django comes first
from studio.providers import openai_sdk  # noqa: E402
from studio.providers.adapter import Endpoint, Request  # noqa: E402
from studio.providers.answers import Final, Partial  # noqa: E402
from studio.providers.outcomes import ProviderError  # noqa: E402

ASKED = {"model": "gpt-image-2", "prompt": "a lamp", "n": 1, "size": "1024x1024"}


def main(url: str, threads: int, tenants: int) -> None:
    host = url.removeprefix("http://").partition("/")[0]
    outcomes: list[str] = []
    is_over = threading.Event()
    idle = most = resident()

    def ask(number: int) -> None:
        endpoint = Endpoint(url, Secret("k"), allowed_hosts=(host,), deadline_seconds=240.0, tenant=number % tenants)
        try:
            for frame in openai_sdk.develop(endpoint, Request("images", ASKED, 2), before_sending=lambda: None):
                outcomes.append(f"{type(frame).__name__} {len(frame.data) // 1_000_000} MB")
                if isinstance(frame, Final | Partial):
                    time.sleep(0.2)  # as while it is being kept
        except ProviderError as error:
            outcomes.append(error.code)
            time.sleep(0.2)

    working = [threading.Thread(target=ask, args=(number,)) for number in range(threads)]
    for thread in working:
        thread.start()
    while any(thread.is_alive() for thread in working):
        most = max(most, resident())
        is_over.wait(0.02)
    print(json.dumps({"idle": idle, "most": most, "outcomes": sorted(outcomes)}))  # noqa: T201 it is the answer


def resident() -> float:
    """In megabytes, now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1_000_000


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
