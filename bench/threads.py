"""Measure a thread's page and its API: DATABASE_URL=… .venv/bin/python -m bench.threads [--turns N] [--rounds N]

A thread of so many turns, with a branch after every tenth, is made in a database of its own beside the named one, which
is dropped at the end. It is asked for in the process, without a network: the whole page, the pieces that an open page
renews, and the API's answer. Each round's milliseconds are of this process's own processor time, which other programs
of the machine do not lengthen, and of the clock.
"""

import argparse
import os
import statistics
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.db import connection
from django.test import Client
from django.test.runner import DiscoverRunner
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import api_keys
from accounts.models import Membership, Organization, Scope, User
from accounts.people import organizations
from saas.database import tenancy
from studio.models import Charged, Output, Run, Slot, State, Thread, Turn

AIM_MILLISECONDS, AIM_STATEMENTS = 100, 8
BRANCH_EVERY = 10
ASKED = {"size": "1024x1024", "quality": "low", "n": 1, "references": 1, "mask": False, "partial_images": 0}


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--turns", type=int, default=200)
    reader.add_argument("--rounds", type=int, default=40)
    options = reader.parse_args()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        measure(options.turns, options.rounds)
    finally:
        connection.close()
        runner.teardown_databases(databases)


def measure(turns: int, rounds: int) -> None:
    user = User.objects.create_user("bench@example.com", "x", name="Bench")
    org = organizations.found(name="Bench", slug="bench", by=user)
    with tenancy.tenant(org.pk):
        thread = _seed(org, user, turns)
        member = Membership.objects.select_related("org", "user").get(org=org)
        _, token = api_keys.make(org=org, by=member, name="Bench", scopes=[Scope.READ])
    browser, program = Client(), Client(headers={"Authorization": f"Bearer {token}"})
    browser.force_login(user)
    page = f"/o/bench/threads/{thread.code}/"
    print(f"{turns} turns, {rounds} rounds; the aim is p95 {AIM_MILLISECONDS} ms and {AIM_STATEMENTS} statements")
    _tell("page", lambda: browser.get(page), rounds)
    _tell("pieces", lambda: browser.get(page, headers={"HX-Request": "true"}), rounds)
    _tell("API", lambda: program.get(f"/api/v1/threads/{thread.code}"), rounds)


def _tell(name: str, ask: Any, rounds: int) -> None:
    ask()
    with CaptureQueriesContext(connection) as seen:
        answer = ask()
    assert answer.status_code == 200, answer.content
    own = [query for query in seen.captured_queries if "studio_" in query["sql"] or "billing_entry" in query["sql"]]
    clock, processor = list[float](), list[float]()
    for _ in range(rounds):
        began, worked = time.perf_counter(), time.process_time()
        ask()
        clock.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - worked))
    print(
        f"{name:<8} p50 {statistics.median(clock):6.1f} ms  p95 {_p95(clock):6.1f} ms  "
        f"processor p50 {statistics.median(processor):6.1f} ms  p95 {_p95(processor):6.1f} ms  "
        f"{len(own):3} statements about the thread, {len(seen)} in all  {len(answer.content) / 1000:.0f} KB"
    )


def _p95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[-1]


def _seed(org: Organization, user: User, turns: int) -> Thread:
    now = timezone.now()
    thread = Thread.objects.create(org=org, maker=user, title="A poster", turn_count=turns)
    made: list[Turn] = []
    for number in range(1, turns + 1):
        before = made[-BRANCH_EVERY // 2] if number % BRANCH_EVERY == 0 else made[-1] if made else None
        run = Run.objects.create(
            org=org, maker=user, kind="edit", model="gpt-image-2", prompt=f"Wish {number}: a little darker", count=1,
            asked={**ASKED, "prompt": f"Wish {number}"}, state=State.SUCCEEDED, ended_at=now,
            parent=before.run if before else None,
        )  # fmt: skip
        slot = Slot.objects.create(org=org, run=run, index=0, state=State.SUCCEEDED, charged=Charged.YES, ended_at=now)
        Output.objects.create(
            org=org, slot=slot, run=run, file="x.png", preview="x.webp", thumbnail="t.webp", format="png", width=1024,
            height=1024, size_bytes=1, sha256="0" * 64, maker=user, kind="edit", model="gpt-image-2",
        )  # fmt: skip
        made.append(
            Turn.objects.create(
                org=org,
                thread=thread,
                number=number,
                parent=before,
                run=run,
                base=before.run.outputs.get() if before else None,
            )
        )
    return thread


if __name__ == "__main__":
    main()
