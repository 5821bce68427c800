"""Let a person download what is kept about them in their organizations."""

import time
from datetime import timedelta

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.access import PersonRequest, memberships_of
from saas.database import tenancy
from saas.storage.redis_cache import counters
from studio.files import zip_stream
from studio.privacy import person_export

MOST_A_DAY = 3
DAY_SECONDS = int(timedelta(days=1).total_seconds())


@require_safe
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth's has no types
def my_data(request: PersonRequest) -> HttpResponseBase:
    with tenancy.person(request.user.pk):
        organizations = [one.org for one in memberships_of(request.user)]
    return render(request, "studio/my_data.html", {"organizations": organizations, "most": MOST_A_DAY})


@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth's has no types
def download_my_data(request: PersonRequest) -> HttpResponseBase:
    """Send the ZIP as it is written. Each of the person's organizations has a line about it in its audit log."""
    user = request.user
    if counters.count(f"my-data:{user.code}:{int(time.time() // DAY_SECONDS)}", DAY_SECONDS) > MOST_A_DAY:
        messages.error(request, f"You have downloaded your data {MOST_A_DAY} times today. Come back tomorrow.")
        return redirect("my_data")
    with tenancy.person(user.pk):
        organizations = [one.org for one in memberships_of(user)]
    for org in organizations:
        with tenancy.tenant(org.pk):
            audit.record(org=org, by=user, action="person.exported", target=user.display_name)
    chunks = person_export.chunks(user, [org.pk for org in organizations])
    answer = StreamingHttpResponse(zip_stream.paced(chunks, whose=f"person:{user.pk}"), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="my-data-{timezone.now():%Y-%m-%d}.zip"'
    answer["Cache-Control"] = "private, no-store"
    return answer
