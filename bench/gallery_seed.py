"""Fills a database with runs of many organizations, for bench/gallery.py. Runs inside `bin/manage shell`.

The rows come by COPY into a plain table, since PostgreSQL copies into no table with a wall, and go from there behind
each organization's wall in turn, in several rounds, so that the rows of all lie mixed on the disk, as they would."""

import json
import random
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone

from accounts import organizations
from accounts.models import Membership, User
from saas import tenancy
from studio import search
from studio.models import Output, Run, Slot

ROUNDS = 10
PEOPLE = 12
RARELY = 5000
RARE, COMMON = "xylophone", "light"
COLUMNS = (
    "n bigint, org_id bigint, maker_id bigint, run_code uuid, slot_code uuid, output_code uuid, prompt text,"
    " model text, kind text, quality text, visibility text, width int, height int, stars int, at timestamptz,"
    " words bigint[]"
)
SIZES = [(1024, 1024), (1536, 1024), (1024, 1536), (2048, 1152)]
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "or", "il")]


def seed(*, runs: int, of_one: int, others: int) -> dict[str, Any]:
    """The large organization is the demo's; its owner is who looks."""
    began = time.monotonic()
    randomly = random.Random(7)  # noqa: S311 no secret
    people = _people()
    with tenancy.person(people[0].pk):
        large = Membership.objects.select_related("org").get(user=people[0], org__slug="demo").org
    with tenancy.tenant(large.pk):
        for user in people[1:]:
            Membership.objects.get_or_create(org=large, user=user, defaults={"role": "member"})
    small = [organizations.found(name=f"Other {n}", slug=f"other-{n}", by=people[n % PEOPLE]) for n in range(others)]
    owners = [large.pk] * of_one + [small[n % others].pk for n in range(runs - of_one)]
    randomly.shuffle(owners)
    codes = {org.pk: org.code for org in [large, *small]}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE UNLOGGED TABLE bench_rows ({COLUMNS})")
        with cursor.copy("COPY bench_rows FROM STDIN") as copy:
            for row in _rows(owners, codes, people, randomly):
                copy.write_row(row)
        cursor.execute("CREATE INDEX ON bench_rows (org_id, n)")
        cursor.execute("ANALYZE bench_rows")
    step = -(-runs // ROUNDS)
    for first in range(0, runs, step):
        for org_id in codes:
            _insert(org_id, first, first + step)
    _finish()
    return {"org": large.slug, "seconds": round(time.monotonic() - began), "runs": runs}


def _people() -> list[User]:
    demo = User.objects.get(email="demo@darkroom.invalid")
    return [demo, *(_person(number) for number in range(1, PEOPLE))]


def _person(number: int) -> User:
    return User.objects.get_or_create(email=f"p{number}@bench.invalid", defaults={"name": f"Person {number}"})[0]


def _rows(
    owners: list[int], codes: dict[int, uuid.UUID], people: list[User], randomly: random.Random
) -> Iterator[tuple[object, ...]]:
    words = sorted({f"{a}{b}{c}" for a in SYLLABLES for b in SYLLABLES[:6] for c in SYLLABLES[:4]})
    weights = [1 / (place + 5) for place in range(len(words))]  # a few are in many prompts, most in few
    numbers: dict[tuple[int, str], int] = {}
    began = timezone.now() - timedelta(days=700)
    share = timedelta(days=700) / len(owners)
    for n, org_id in enumerate(owners):
        said = randomly.choices(words, weights, k=12)
        if randomly.random() < 0.4:
            said.append(COMMON)
        if n % RARELY == 11:
            said.append(RARE)
        for word in said:
            if (org_id, word) not in numbers:
                numbers[org_id, word] = search.numbers(codes[org_id], {search.words_of(word).pop()})[0]
        width, height = randomly.choice(SIZES)
        yield (
            n,
            org_id,
            randomly.choice(people).pk,
            _code(randomly),
            _code(randomly),
            _code(randomly),
            " ".join(said),
            randomly.choices(["gpt-image-2", "gpt-image-2.6-flare"], [9, 1])[0],
            randomly.choices(["generate", "edit", "respond"], [8, 3, 1])[0],
            randomly.choice(["low", "medium", "high"]),
            randomly.choices(["team", "private"], [9, 1])[0],
            width,
            height,
            randomly.choices(range(6), [90, 2, 2, 2, 2, 2])[0],
            began + share * n,
            sorted({numbers[org_id, word] for word in said}),
        )


def _code(randomly: random.Random) -> uuid.UUID:
    return uuid.UUID(int=randomly.getrandbits(128), version=4)


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


ID = "n + 1000"
RUN = {
    "id": ID,
    **_same("org_id", "maker_id", "kind", "model", "prompt", "visibility"),
    "code": "run_code",
    "asked": "jsonb_build_object('size', width || 'x' || height, 'quality', quality, 'n', 1)",
    "count": "1",
    "state": "'succeeded'",
    "created_at": "at",
    "ended_at": "at",
}
SLOT = {"id": ID, "org_id": "org_id", "code": "slot_code", "run_id": ID, "index": "0", "state": "'succeeded'"}
OUTPUT = {
    "id": ID,
    **_same("org_id", "maker_id", "kind", "model", "quality", "visibility", "stars", "width", "height"),
    "code": "output_code",
    "slot_id": ID,
    "run_id": ID,
    **dict.fromkeys(("file", "preview", "thumbnail"), "'bench/none.webp'"),
    "format": "'png'",
    "size_bytes": "2000000",
    "sha256": "''",
    "created_at": "at",
}


def _insert(org_id: int, first: int, end: int) -> None:
    with tenancy.tenant(org_id), connection.cursor() as cursor:
        for model, given in ((Run, RUN), (Slot, SLOT), (Output, OUTPUT)):
            values = {**_defaults(model, given), **given}
            names = ", ".join(f'"{name}"' for name in values)
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({names}) SELECT {', '.join(values.values())} FROM bench_rows"  # noqa: S608 our own names
                " WHERE org_id = %s AND n >= %s AND n < %s ORDER BY n",
                [org_id, first, end],
            )
        cursor.execute(
            "INSERT INTO studio_searchentry (output_id, org_id, words) SELECT n + 1000, org_id, words FROM bench_rows"
            " WHERE org_id = %s AND n >= %s AND n < %s ORDER BY n",
            [org_id, first, end],
        )


def _defaults(model: type[models.Model], given: dict[str, str]) -> dict[str, str]:
    """What Django would write where nothing is said, as SQL."""
    found: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        if field.column is None:
            continue
        is_said = field.column in given or field.null or field.has_db_default()
        if is_said or not (field.has_default() or field.blank):
            continue
        value = field.get_default()
        kind = "::jsonb" if isinstance(field, models.JSONField) else ""
        literal = json.dumps(value) if kind else str(value).lower() if isinstance(value, bool) else str(value)
        found[field.column] = "'" + literal.replace("'", "''").replace("%", "%%") + "'" + kind
    return found


def _finish() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_rows")
        for model in (Run, Slot, Output):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100000000)")
        cursor.execute("VACUUM (ANALYZE) studio_run, studio_slot, studio_output, studio_searchentry")
