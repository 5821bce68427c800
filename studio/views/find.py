"""Find anything in an organization by its name, for the palette that Ctrl+K opens."""

from collections.abc import Iterator

from django.db.models import Q
from django.http import JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import api_keys
from accounts.access import OrgRequest, member_required
from accounts.models import Membership, Role
from studio.gallery import search
from studio.models import Output, Run
from studio.views import places

MOST_OF_A_GROUP = 6
LOOKED_BACK = 500  # runs whose prompts are looked through, for those without a picture to find them by
LONGEST_QUERY = 200
LONGEST_NAME = 90

Found = dict[str, str]


@require_GET
@member_required(Role.VIEWER)
def find(request: OrgRequest) -> JsonResponse:
    """Return what is called so: members, keys, collections and connections by their names, runs by their prompts.
    Without a query, return all pages, actions and settings that the member may use."""
    text = request.GET.get("q", "").replace("\0", "")[:LONGEST_QUERY].strip()
    found = list(_called(request.member, text) if text else places.open_to(request.member))
    return JsonResponse({"data": found}, headers={"Cache-Control": "private, no-store"})


def _called(member: Membership, text: str) -> Iterator[Found]:
    for group in (_members, _keys, _collections, _connections, _runs):
        yield from group(member, text)


def _members(member: Membership, text: str) -> Iterator[Found]:
    page = reverse("team", args=[member.org.slug])
    named = Q(user__name__icontains=text) | Q(user__email__icontains=text)
    for one in member.org.memberships.filter(named).select_related("user")[:MOST_OF_A_GROUP]:
        yield _entry(one.user.display_name, "Member", f"{page}#member-{one.code}")


def _keys(member: Membership, text: str) -> Iterator[Found]:
    page = reverse("keys", args=[member.org.slug])
    for key in api_keys.visible_to(member).filter(name__icontains=text)[:MOST_OF_A_GROUP]:
        yield _entry(key.name, "API key", f"{page}#key-{key.code}")


def _collections(member: Membership, text: str) -> Iterator[Found]:
    for one in member.org.collections.filter(name__icontains=text)[:MOST_OF_A_GROUP]:
        yield _entry(one.name, "Collection", reverse("collection", args=[member.org.slug, one.code]))


def _connections(member: Membership, text: str) -> Iterator[Found]:
    if member.is_admin:
        for one in member.org.connections.filter(name__icontains=text)[:MOST_OF_A_GROUP]:
            yield _entry(one.name, "Connection", reverse("connection", args=[member.org.slug, one.code]))


def _runs(member: Membership, text: str) -> Iterator[Found]:
    """Yield the newest runs with these words: by the gallery's index, and without a picture among the newest runs."""
    visible = Run.objects.visible_to(member).order_by("-id")
    pictures = search.among(Output.objects.visible_to(member), member.org.code, text).order_by("-id")
    keys = set(pictures.values_list("run_id", flat=True)[: MOST_OF_A_GROUP * 10])
    newest = visible.values("pk")[:LOOKED_BACK]
    keys |= set(visible.filter(pk__in=newest, prompt__icontains=text).values_list("pk", flat=True)[:MOST_OF_A_GROUP])
    for run in visible.filter(pk__in=keys)[:MOST_OF_A_GROUP]:
        yield _entry(run.title, "Run", reverse("run", args=[member.org.slug, run.code]))


def _entry(name: str, group: str, url: str) -> Found:
    words = " ".join(name.split())
    return {"name": words if len(words) <= LONGEST_NAME else f"{words[:LONGEST_NAME]}…", "group": group, "url": url}
