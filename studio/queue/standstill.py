"""Detect a line that stands still: a ticket could be served, workers live, and for minutes none has begun any."""

from django.db import connection

from saas.ops import heartbeat
from studio.queue.tickets import CLAIMED, PATIENCE, SERVABLE

MOST_SECONDS = heartbeat.WORK_SECONDS
OLDEST = f"""
{CLAIMED}
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(ticket.not_before)), 0) {SERVABLE}
"""  # noqa: S608 our own words


class StandsStill(Exception):
    """Tickets wait that could be served, and no worker begins one."""


def oldest_seconds() -> float:
    """Return for how long the oldest ticket has waited that could be served now."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST, {"patience": PATIENCE.total_seconds()})
        (seconds,) = cursor.fetchone()
    return float(seconds)


def refuse() -> None:
    """Raise if the line stands still. A long line that moves is no failure; /readyz finds missing workers itself."""
    seconds = oldest_seconds()
    if seconds > MOST_SECONDS and heartbeat.is_alive() and not heartbeat.is_at_work():
        raise StandsStill(f"the oldest has waited for {seconds:.0f} seconds")
