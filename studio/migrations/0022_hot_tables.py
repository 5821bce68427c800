"""Tables whose rows are written again and again are vacuumed by what has changed, not by a fifth of all rows: a queue
would be read through its dead rows meanwhile, and a fifth of all slots is months of them. Setting this locks out
neither readers nor writers."""

from django.db import migrations

# Rows that come and go: as few are alive as wait. Every change touches an index, so room in the pages would not help.
QUEUES = (
    "studio_ticket",
    "studio_rewriteticket",
    "studio_compositeticket",
    "accounts_deliveryticket",
    "django_session",
)
QUEUE = {
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_analyze_scale_factor": "0",
    "autovacuum_analyze_threshold": "1000",
    "autovacuum_vacuum_cost_delay": "0",
}
# Few rows that each picture changes, and never in a column of an index: with room in its page, the new version needs no
# entry in any index, and the next reader clears the old one away.
COUNTERS = ("accounts_counter",)
COUNTER = {**QUEUE, "fillfactor": "50"}
# Rows that stay, and are changed some times in their first minute.
GROWING = ("studio_slot", "accounts_hold", "accounts_delivery")
GROWN = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_analyze_scale_factor": "0.02",
    "fillfactor": "85",
}
CHOSEN = {
    **dict.fromkeys(QUEUES, QUEUE),
    **dict.fromkeys(COUNTERS, COUNTER),
    **dict.fromkeys(GROWING, GROWN),
}


def statements() -> list[tuple[str, str]]:
    return [
        (
            f"ALTER TABLE {table} SET ({', '.join(f'{name} = {value}' for name, value in options.items())})",
            f"ALTER TABLE {table} RESET ({', '.join(options)})",
        )
        for table, options in CHOSEN.items()
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_causes_of_outages"),
        ("sessions", "0001_initial"),
        ("studio", "0021_callers_who_return"),
    ]

    operations = [migrations.RunSQL(there, back) for there, back in statements()]
