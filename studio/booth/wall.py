"""Find the pictures that an event's wall shows."""

from django.db.models import QuerySet

from studio.models import Capture, Event, Output


def pictures(event: Event) -> QuerySet[Output]:
    """Return the released pictures, newest first."""
    seen = Capture.objects.on_the_wall().filter(event=event).values("run")
    found = Output.objects.filter(org=event.org_id, run__in=seen).not_in_bin()
    return found.select_related("run", "slot", "branded").order_by("-pk")
