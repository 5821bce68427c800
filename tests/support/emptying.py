"""Empty the tables after a test with real transactions. Django's own way goes through all permissions and content types
each time, which takes longer than the emptying."""

from django.db import connection

from billing.first_rows import PRICES
from billing.models import Price
from studio.first_rows import MODELS
from studio.models import ImageModel

KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
}  # a test that writes none of them needs no others


def empty_tables(_: object = None) -> None:
    """Empty all tables, and put back the rows that migrations write."""
    tables = [connection.ops.quote_name(name) for name in connection.introspection.table_names() if name not in KEPT]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)}")
    ImageModel.objects.bulk_create(ImageModel(**fields) for fields in MODELS)
    Price.objects.bulk_create(Price(**fields) for fields in PRICES)
