"""Empty the tables after a test with real transactions. Django's own way goes through all permissions and content types
each time, which takes longer than the emptying."""

from django.db import connection

from billing.first_rows import PRICES
from billing.models import Price
from studio.first_rows import MODELS
from studio.models import ImageModel

KEPT = [
    "django_migrations",
    "django_content_type",
    "auth_permission",
]  # a test that writes none of them needs no others

# A table's file has no byte from one TRUNCATE to the first row after it, be the row committed or not. Walls hide rows,
# but not the length of a file.
WRITTEN = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0 AND relname <> ALL (%s)
"""


def empty_tables(_: object = None) -> None:
    """Empty the tables that were written to, and put back the rows that migrations write. To truncate a table is dear:
    it and each of its indexes get new files."""
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN, [KEPT])
        written = [connection.ops.quote_name(name) for (name,) in cursor.fetchall()]
        if written:
            cursor.execute(f"TRUNCATE {', '.join(written)} CASCADE")
    ImageModel.objects.bulk_create(ImageModel(**fields) for fields in MODELS)
    Price.objects.bulk_create(Price(**fields) for fields in PRICES)
