"""Fill a database with runs of many organizations, for bench/gallery.py. This runs inside `bin/manage shell`.

People and organizations are made by the program itself. The rows are made by PostgreSQL, as its superuser: past the
walls, without checks of foreign keys, and with the indexes dropped and built again at the end. The rows of all
organizations lie mixed on the disk, as those of many teams would."""

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, islice
from typing import Any

import psycopg
from django.db import connection, models

from accounts.models import Membership, Organization, User
from accounts.people import organizations
from saas.database import tenancy
from studio.gallery import search
from studio.models import Output, Run, SearchEntry, Slot

PEOPLE = 12
RARE, COMMON = "xylophone", "light"
WORDS_OF_A_PROMPT = 12
RARELY = 5000
AT_ONCE = 5000
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "or", "il")]
TABLES = (Run, Slot, Output, SearchEntry)

# PostgreSQL chooses at random what the words do not decide.
ROWS = """
CREATE UNLOGGED TABLE bench_rows AS
SELECT n, org_id, maker_id, prompt, words, at,
       CASE WHEN random() < 0.9 THEN 'gpt-image-2' ELSE 'gpt-image-2.6-flare' END AS model,
       (ARRAY['generate', 'generate', 'edit', 'generate', 'respond', 'edit', 'generate', 'generate'])[dice(8)] AS kind,
       (ARRAY['low', 'medium', 'high'])[dice(3)] AS quality,
       CASE WHEN random() < 0.9 THEN 'team' ELSE 'private' END AS visibility,
       (ARRAY[1024, 1536, 1024, 2048])[size] AS width,
       (ARRAY[1024, 1024, 1536, 1152])[size] AS height,
       greatest(0, dice(50) - 45) AS stars,
       (ARRAY[6000, 41000, 53000, 165000, 211000, 999000])[dice(6)] AS cost_micros
FROM (SELECT *, dice(4) AS size, now() - interval '700 days' * (1 - n::float8 / %(runs)s) AS at FROM bench_said) said
ORDER BY n
"""
DICE = "CREATE FUNCTION pg_temp.dice(int) RETURNS int LANGUAGE sql VOLATILE RETURN 1 + floor(random() * $1)::int"
SAID = "CREATE UNLOGGED TABLE bench_said (n bigint, org_id bigint, maker_id bigint, prompt text, words bigint[])"


def seed(*, runs: int, of_one: int, others: int, server: str) -> dict[str, Any]:
    """Fill the database. The large organization is the demo's; its owner looks at it. `server` is the superuser's
    URL."""
    began = time.monotonic()
    people = _people()
    with tenancy.person(people[0].pk):
        large = Membership.objects.select_related("org").get(user=people[0], org__slug="demo").org
    with tenancy.tenant(large.pk):
        for user in people[1:]:
            Membership.objects.get_or_create(org=large, user=user, defaults={"role": "member"})
    small = [
        organizations.found(name=f"Other {n}", slug=f"other-{n}", by=people[n % PEOPLE], is_limited=False)
        for n in range(others)
    ]
    owners = [large] * of_one + [small[n % others] for n in range(runs - of_one)]
    with psycopg.connect(server, autocommit=True) as database:
        database.execute("SET session_replication_role = replica")  # no checks of foreign keys
        database.execute("SET synchronous_commit = off")
        database.execute("SET maintenance_work_mem = '512MB'")
        database.execute("SET work_mem = '128MB'")
        database.execute("SET max_parallel_maintenance_workers = 2")
        database.execute(SAID)
        with database.cursor() as cursor, cursor.copy("COPY bench_said FROM STDIN") as copy:
            for lines in _lines(owners, people):
                copy.write(lines)
        database.execute(DICE)
        database.execute(ROWS.replace("dice(", "pg_temp.dice("), {"runs": runs})
        with _without_indexes(database):
            _fill(database)
        _finish(database)
    return {"org": large.slug, "seconds": round(time.monotonic() - began), "runs": runs}


def _people() -> list[User]:
    demo = User.objects.get(email="demo@darkroom.invalid")
    return [demo, *(_person(number) for number in range(1, PEOPLE))]


def _person(number: int) -> User:
    return User.objects.get_or_create(email=f"p{number}@bench.invalid", defaults={"name": f"Person {number}"})[0]


def _lines(owners: list[Organization], people: list[User]) -> Iterator[str]:
    """Yield lines for COPY. A few words are in many prompts, most in few. Each organization has numbers of its own for
    the same words."""
    randomly = random.Random(7)  # noqa: S311 no secret
    randomly.shuffle(owners)
    words = sorted({f"{a}{b}{c}" for a in SYLLABLES for b in SYLLABLES[:6] for c in SYLLABLES[:4]})
    heavier = list(accumulate(1 / (place + 5) for place in range(len(words))))
    numbers: dict[int, dict[str, str]] = {}
    lines = []
    for n, org in enumerate(owners):
        said = dict.fromkeys(randomly.choices(words, cum_weights=heavier, k=WORDS_OF_A_PROMPT))
        if randomly.random() < 0.4:
            said[COMMON] = None
        if n % RARELY == 11:
            said[RARE] = None
        if org.pk not in numbers:
            numbers[org.pk] = {word: str(_number(org.code, word)) for word in (*words, COMMON, RARE)}
        hashed = ",".join(map(numbers[org.pk].__getitem__, said))
        lines.append(f"{n}\t{org.pk}\t{randomly.choice(people).pk}\t{' '.join(said)}\t{{{hashed}}}\n")
        if len(lines) == AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _number(org_code: uuid.UUID, word: str) -> int:
    return search.numbers(org_code, set(islice(search.words_of(word), 1)))[0]


@contextmanager
def _without_indexes(database: psycopg.Connection) -> Iterator[None]:
    """Drop all indexes but the primary keys, and build them afterwards as they were."""
    tables = [table._meta.db_table for table in TABLES]
    unique = database.execute(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'u' AND conrelid::regclass::text = ANY(%s)",
        [tables],
    ).fetchall()
    plain = database.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname NOT IN"
        " (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u'))",
        [tables],
    ).fetchall()
    for table, name, _ in unique:
        database.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _ in plain:
        database.execute(f'DROP INDEX "{name}"')
    yield
    for table, name, definition in unique:
        database.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    for _, definition in plain:
        database.execute(definition)


ID = "n + 1000"
CODE = "gen_random_uuid()"
RUN = {
    "id": ID,
    **{name: name for name in ("org_id", "maker_id", "kind", "model", "prompt", "visibility")},
    "code": CODE,
    "asked": "jsonb_build_object('size', width || 'x' || height, 'quality', quality, 'n', 1)",
    "count": "1",
    "state": "'succeeded'",
    "created_at": "at",
    "ended_at": "at",
}
SLOT = {"id": ID, "org_id": "org_id", "code": CODE, "run_id": ID, "index": "0", "state": "'succeeded'"}
OUTPUT = {
    "id": ID,
    **{name: name for name in ("org_id", "maker_id", "kind", "model", "quality", "visibility", "stars", "cost_micros")},
    "width": "width",
    "height": "height",
    "code": CODE,
    "slot_id": ID,
    "run_id": ID,
    **dict.fromkeys(("file", "preview", "thumbnail"), "'bench/none.webp'"),
    "format": "'png'",
    "size_bytes": "2000000",
    "sha256": "''",
    "created_at": "at",
}
ENTRY = {"output_id": ID, "org_id": "org_id", "words": "words"}


def _fill(database: psycopg.Connection) -> None:
    for model, given in zip(TABLES, (RUN, SLOT, OUTPUT, ENTRY), strict=True):
        values = {**_defaults(model, given), **given}
        names = ", ".join(f'"{name}"' for name in values)
        said = ", ".join(values.values())
        table = model._meta.db_table
        database.execute(f"INSERT INTO {table} ({names}) SELECT {said} FROM bench_rows ORDER BY n")  # noqa: S608 our own


def _defaults(model: type[models.Model], given: dict[str, str]) -> dict[str, str]:
    """Return, as SQL, what Django would write into columns that are not given."""
    found: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        is_said = field.column in given or field.null or field.has_db_default()
        if field.column is None or is_said or not (field.has_default() or field.blank):
            continue
        value = field.get_db_prep_save(field.get_default(), connection)
        found[field.column] = psycopg.sql.Literal(value).as_string()
    return found


def _finish(database: psycopg.Connection) -> None:
    database.execute("DROP TABLE bench_rows, bench_said")
    for model in (Run, Slot, Output):
        database.execute(f"SELECT setval(pg_get_serial_sequence('{model._meta.db_table}', 'id'), 100000000)")
    database.execute("VACUUM (ANALYZE) studio_run, studio_slot, studio_output, studio_searchentry")
