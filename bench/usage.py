"""Measure usage pages and exports: DATABASE_URL=… .venv/bin/python -m bench.usage [--entries N] [--seed | --drop]

They read a ledger of two years, of thirty people and as many keys, in a database of its own beside the named one. It is
made at the first time and stays until --drop, so that making it is no part of what is measured (--seed only makes it).

Pages are requested in the process, without a network, and include all their queries. An export is made as a worker
makes it, in a process of its own whose memory is read at its end; beside it, in the same run, psql copies the result of
the same query to /dev/null.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.runner import DiscoverRunner
from psycopg import ClientCursor

from accounts.models import Membership, Organization, User
from accounts.people import organizations
from billing import exports, files, folding
from billing.models import Entry, Export, Format
from billing.prices import Tariff
from billing.sources import SOURCES, ExportRange
from saas.database import tenancy
from saas.embedded.binaries import binaries

AIM_MILLISECONDS, AIM_SHARE, AIM_MEGABYTES = 150, 1 / 3, 150
PAGES = {
    "this month": "",
    "90 days": "?period=90",
    "a year": "?period=365",
    "a year by key": "?period=365&by=key",
    "a year of one model by project": "?period=365&by=project&model=gpt-image-2",
    "the entries behind a year": "entries/?period=365",
}
RATES = dict.fromkeys(["text_in", "image_in", "cached_text", "cached_image", "image_out", "text_out"], 30_000_000)
FILL = """
INSERT INTO billing_entry (
    org_id, code, at, counted_on, kind, is_play, micros, open_micros, images, is_estimated,
    text_in, image_in, cached_text, cached_image, image_out, text_out, tariff,
    run_code, slot_code, attempt, run_kind, model, quality, size, project, request_id,
    user_id, user_label, key_code, key_label, connection_code, connection_label, by_label, note)
SELECT %(org)s, gen_random_uuid(), at, at::date, 'charge', false, 5880 + n %% 200000, 0, 1, false,
       40, 0, 0, 0, 196, 0, %(tariff)s, gen_random_uuid(), gen_random_uuid(), 1,
       (ARRAY['generate', 'generate', 'edit'])[1 + n / 30 %% 3],
       (ARRAY['gpt-image-2', 'gpt-image-2.5-flare'])[1 + (n %% 30) / 20],
       (ARRAY['low', 'medium', 'high'])[1 + n / 90 %% 3], '1024x1024',
       'Project ' || (n %% 30) / 5 + n / 270 %% 2, 'req_' || n,
       1 + n %% 30, 'Person ' || n %% 30 || ' <p' || n %% 30 || '@example.com>',
       ('00000000-0000-0000-0000-' || lpad((n %% 30)::text, 12, '0'))::uuid, 'Key ' || n %% 30,
       %(connection)s, 'OpenAI', '', ''
FROM (SELECT n, now() - interval '730 days' * (1 - n::float8 / %(entries)s) AS at
      FROM generate_series(1, %(entries)s) n) said
"""


def fill(entries: int) -> None:
    owner = User.objects.create_user("bench@example.com", "x", name="Bench")
    org = organizations.found(name="Bench", slug="bench", by=owner)
    with tenancy.tenant(org.pk), connection.cursor() as cursor:
        values: dict[str, Any] = {
            "org": org.pk,
            "tariff": json.dumps(Tariff(rates=RATES).to_json()),
            "connection": uuid.uuid4(),
        }
        cursor.execute(FILL, {**values, "entries": entries})
        folding.fold(org)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def the_one() -> tuple[User, Organization]:
    owner = User.objects.get(email="bench@example.com")
    with tenancy.person(owner.pk):
        return owner, Membership.objects.select_related("org").get(user=owner).org


def measure_pages(owner: User, requests: int) -> None:
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(owner)
    for name, query in PAGES.items():
        took = []
        for _ in range(requests + 3):
            began = time.perf_counter()
            answer = client.get(f"/o/bench/usage/{query}")
            assert answer.status_code == 200, (name, answer.status_code)
            took.append(1000 * (time.perf_counter() - began))
        took = sorted(took[3:])  # the first ones warm up
        p95 = took[int(0.95 * (len(took) - 1))]
        verdict = "reached" if p95 < AIM_MILLISECONDS else "missed"
        print(f"{name}: p50 {statistics.median(took):.0f} ms, p95 {p95:.0f} ms (aim {AIM_MILLISECONDS}: {verdict})")


def measure_export(owner: User, org: Organization, form: Format) -> None:
    copied, read = copy_to_nowhere(org)
    rows, took, before, most = in_own_process(owner, org, form)
    said = f"{form.label}: {rows:,} rows in {took:.1f} s, {rows / took:,.0f} a second; most memory {most:.0f} MB"
    print(f"{said} (aim {AIM_MEGABYTES}: {'reached' if most < AIM_MEGABYTES else 'missed'}), {before:.0f} MB before it")
    if form == Format.CSV:
        share = (rows / took) / (copied / read)
        verdict = "reached" if share >= AIM_SHARE else "missed"
        print(f"COPY: {copied / read:,.0f} rows a second; ours is {share:.0%} of it (aim {AIM_SHARE:.0%}: {verdict})")


def copy_to_nowhere(org: Organization) -> tuple[int, float]:
    with tenancy.tenant(org.pk):
        upto, rows = exports.newest_entry(org), Entry.objects.filter(org=org).count()
        wanted = ExportRange(exports.scope_of(unmade(org, Format.CSV)), 0, upto)
        statement = ClientCursor(connection.connection).mogrify(*files.query(SOURCES["ledger"], "harmless", wanted))
    told = connection.settings_dict
    began = time.perf_counter()
    acts = [f"SET app.org = '{org.pk}'", f"COPY ({statement}) TO STDOUT (FORMAT csv, HEADER)"]
    where = ["-h", told["HOST"], "-U", told["USER"], told["NAME"]]
    subprocess.run(
        [str(binaries() / "psql"), "-qAt", *where, *(word for act in acts for word in ("-c", act))],
        stdout=subprocess.DEVNULL,
        check=True,
        env={**os.environ, "PGPASSWORD": told["PASSWORD"] or ""},
    )
    return rows, time.perf_counter() - began


def unmade(org: Organization, form: Format, owner: User | None = None) -> Export:
    last = date.today() + timedelta(days=1)  # noqa: DTZ011 a day more covers every zone
    return Export(org=org, maker=owner, format=form, first=last - timedelta(days=1000), last=last, is_play=False)


def in_own_process(owner: User, org: Organization, form: Format) -> tuple[int, float, float, float]:
    connections.close_all()
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=export, args=(connection.settings_dict["NAME"], owner.pk, org.pk, form, answers))
    process.start()
    found: tuple[int, float, float, float] = answers.get(timeout=300)
    process.join()
    return found


def export(database: str, owner_id: int, org_id: int, form: str, answers: Any) -> None:
    connection.settings_dict["NAME"] = database
    connection.settings_dict["OPTIONS"].pop("pool", None)
    with tempfile.TemporaryDirectory() as folder, tenancy.tenant(org_id):
        settings.MEDIA_ROOT = folder
        org, owner = Organization.objects.get(pk=org_id), User.objects.get(pk=owner_id)
        wanted = unmade(org, Format(form), owner)
        wanted.save(force_insert=True)
        before, began = megabytes(), time.perf_counter()
        exports.note(wanted, exports.write(wanted, upto=exports.newest_entry(org)))
        took = time.perf_counter() - began
        wanted.refresh_from_db()
        answers.put((wanted.rows, took, before, megabytes()))
        wanted.delete()


def megabytes() -> float:
    """Return the most memory that this process ever had since it began; getrusage would report what its parent had."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--seed", action="store_true")
    parser.add_argument("--drop", action="store_true")
    options = parser.parse_args()
    connection.settings_dict["OPTIONS"].pop("pool", None)
    connection.settings_dict["TEST"]["NAME"] = f"{connection.settings_dict['NAME']}_usage"
    runner = DiscoverRunner(verbosity=0, interactive=False, keepdb=not options.drop)
    databases = runner.setup_databases()
    try:
        if options.drop:
            return
        if not User.objects.filter(email="bench@example.com").exists():
            fill(options.entries)
        if not options.seed:
            owner, org = the_one()
            measure_pages(owner, options.requests)
            for form in (Format.CSV, Format.JSONL, Format.FOCUS):
                measure_export(owner, org, form)
    finally:
        connections.close_all()
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main()
