"""Count holds and settlements a second: DATABASE_URL=… .venv/bin/python -m bench.money [--clients N] [--seconds N]

All clients work once on one organization, so that they wait for the same counters, and once over a hundred. In the same
run and with as many clients, pgbench sends the bare UPDATE of one counter, which is the most that PostgreSQL can do for
a row that all clients want; and this program sends the same UPDATE by psycopg and Django, which is the most that Python
can do. Measure on a PostgreSQL that flushes to disk, as one that keeps money does.

A hold and its settlement are two functions and two transactions, the first of which is its function alone; each updates
four counters under their locks, writes or ends the hold, and the second writes the ledger. Between them the hold is
read, as by the claim of a worker. They run in a database of their own beside the named one.
"""

import argparse
import multiprocessing
import os
import re
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path
from queue import Queue
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.db import connection, connections
from django.test.runner import DiscoverRunner

from accounts.limits import holds
from accounts.limits.hold_requests import Part
from accounts.limits.refusals import Payer, Wish
from accounts.models import Counter, Hold, Membership, Organization, Subject, User
from accounts.people import organizations
from billing import charging
from billing.ledger import Purpose
from billing.prices import Tariff
from saas.database import functions, tenancy
from saas.embedded.binaries import binaries

ORGANIZATIONS = 100
AIM = 0.4
WISH = Wish("gpt-image-2", "low", 1, 1)
USAGE = {"output_tokens": 196}
RATES = dict.fromkeys(["text_in", "image_in", "cached_text", "cached_image", "image_out", "text_out"], 30_000_000)
CLAIMED = "SELECT to_jsonb(h) FROM accounts_hold h WHERE slot_code = %(slot)s"
PURPOSE = Purpose("generate", "gpt-image-2", "low", "1024x1024", "", "Bench", None, "", str(uuid.uuid4()), "Bench")


def hold_and_settle(org: Organization, payer: Payer, terms: dict[str, Any]) -> None:
    slot_code = uuid.uuid4()
    holds.hold(
        org=org,
        payer=payer,
        wish=WISH,
        run_code=uuid.uuid4(),
        parts=[Part(slot_code)],
        micros=10_000,
        is_play=False,
        terms=terms,
    )
    held = functions.row(Hold, functions.ask(org.pk, CLAIMED, {"slot": slot_code}))
    with tenancy.tenant(org.pk):
        charging.settle(held, usage=USAGE)


Act = Callable[[int], object]  # called with the number of acts done before it


def holding(number: int, org_ids: list[int]) -> Act:
    payers = []
    for org_id in org_ids:
        with tenancy.tenant(org_id):
            payers.append(Payer(Membership.objects.select_related("user", "org").get(org=org_id)))
    terms = charging.terms(Tariff(rates=RATES), PURPOSE)

    def act(done: int) -> None:
        payer = payers[(number + done * 7) % len(payers)]
        hold_and_settle(payer.member.org, payer, terms)

    return act


def updating(number: int, org_ids: list[int]) -> Act:
    """Return an act that sends the same bare UPDATE as this program would: in a transaction, behind a wall."""

    def act(done: int) -> None:
        place = (number + done * 7) % len(org_ids)
        with tenancy.tenant(org_ids[place]), connection.cursor() as cursor:
            cursor.execute("UPDATE bench_counter SET held = held + 1 WHERE id = %s", [place + 1])

    return act


def client(
    make: Callable[[int, list[int]], Act],
    number: int,
    org_ids: list[int],
    seconds: float,
    barrier: Barrier,
    counts: "Queue[int]",
) -> None:
    act = make(number, org_ids)
    barrier.wait()
    done, ends_at = 0, time.monotonic() + seconds
    while time.monotonic() < ends_at:
        act(done)
        done += 1
    counts.put(done)
    connections.close_all()


def acts_per_second(make: Callable[[int, list[int]], Act], org_ids: list[int], clients: int, seconds: float) -> float:
    connections.close_all()
    context = multiprocessing.get_context("fork")
    barrier, counts = context.Barrier(clients), context.Queue()
    started = [
        context.Process(target=client, args=(make, number, org_ids, seconds, barrier, counts))
        for number in range(clients)
    ]
    for process in started:
        process.start()
    total: int = sum(counts.get(timeout=seconds + 60) for _ in started)
    for process in started:
        process.join()
    return total / seconds


def bare_updates_per_second(rows: int, clients: int, seconds: float) -> float:
    """Measure by pgbench, with a table that has nothing but a key and a number."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_counter")
        cursor.execute("CREATE TABLE bench_counter (id int PRIMARY KEY, held bigint NOT NULL)")
        cursor.execute("INSERT INTO bench_counter SELECT id, 0 FROM generate_series(1, %s) id", [rows])
    settings = connection.settings_dict
    connections.close_all()
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "update.sql"
        script.write_text(f"\\set id random(1, {rows})\nUPDATE bench_counter SET held = held + 1 WHERE id = :id;\n")
        how = ["-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(int(seconds)), "-f", str(script)]
        where = ["-h", settings["HOST"], "-U", settings["USER"], settings["NAME"]]
        password = {"PGPASSWORD": settings["PASSWORD"] or ""}
        ended = subprocess.run(
            [str(binaries() / "pgbench"), *how, *where],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **password},
        )
    found = re.search(r"tps = ([\d.]+)", ended.stdout)
    assert found, ended.stdout + ended.stderr
    return float(found[1])


def furnish() -> list[int]:
    owner = User.objects.create_user("bench@example.com", "x", name="Bench", is_staff=True)
    found = []
    for number in range(ORGANIZATIONS):
        org = organizations.found(name=f"Bench {number}", slug=f"bench-{number}", by=owner)
        with tenancy.tenant(org.pk):
            payer = Payer(Membership.objects.select_related("user", "org").get(org=org))
        hold_and_settle(payer.member.org, payer, charging.terms(Tariff(rates=RATES), PURPOSE))
        found.append(org.pk)
    return found


def books_agree(org_ids: list[int]) -> bool:
    for org_id in org_ids:
        with tenancy.tenant(org_id):
            month = Counter.objects.get(subject=Subject.ORGANIZATION, period="month")
            if month.held_micros or month.spent_images != Hold.objects.filter(state="settled").count():
                return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    connection.settings_dict["OPTIONS"].pop("pool", None)  # a pool does not survive a fork
    connection.settings_dict["TEST"]["NAME"] = f"{connection.settings_dict['NAME']}_bench"
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        org_ids = furnish()
        for name, chosen in (("one organization", org_ids[:1]), (f"{ORGANIZATIONS} organizations", org_ids)):
            bare = bare_updates_per_second(len(chosen), options.clients, options.seconds)
            ours = acts_per_second(updating, chosen, options.clients, options.seconds)
            pairs = acts_per_second(holding, chosen, options.clients, options.seconds)
            share = 2 * pairs / bare
            verdict = "reached" if share >= AIM else "missed"
            print(
                f"{name}, {options.clients} clients: {pairs:,.0f} holds with their settlement a second "
                f"({2 * pairs:,.0f} transactions); bare UPDATE {bare:,.0f} a second; {share:.0%} of it "
                f"(aim {AIM:.0%}: {verdict}); the same UPDATE from this program {ours:,.0f} a second, "
                f"{2 * pairs / ours:.0%} of that"
            )
        assert books_agree(org_ids)
    finally:
        connections.close_all()
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main()
