"""Change who sees a run: the team, or its maker alone."""

from django.db import transaction

from accounts import audit
from accounts.errors import NotAllowed
from accounts.models import Membership, Role
from saas import broadcast
from saas.database.transactions import after_commit
from studio.models import Output, Run, SharedPicture, Visibility

ACTIONS = {Visibility.PRIVATE: "run.made_private", Visibility.TEAM: "run.given_to_team"}


@transaction.atomic
def change(*, by: Membership, run: Run, to: Visibility) -> int:
    """Make a run private or the team's. Return how many share links showed it. A private run disappears for colleagues
    at once, and from every link for good, so that giving it back to the team shows nothing outside of the team again.
    Comments, tags and places in collections are kept."""
    if run.maker_id != by.user_id or not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Only the person who made a run can change who sees it.")
    # Lock the run, as noting a picture or an event does, too: each of them sees either the old or the new visibility.
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.visibility == to:
        return 0
    Run.objects.filter(pk=run.pk).update(visibility=to)
    Output.objects.filter(run=run).update(visibility=to)
    links = _take_out_of_links(run) if to == Visibility.PRIVATE else 0
    audit.record(org=by.org, by=by.user, action=ACTIONS[to], target=str(run.code), details={"links": links})
    _announce(run, to)
    return links


def _take_out_of_links(run: Run) -> int:
    shared = SharedPicture.objects.filter(org=run.org_id, output__run=run)
    links = shared.values("share").distinct().count()
    shared.delete()
    return links


def _announce(run: Run, to: Visibility) -> None:
    """Send a hint to all pages of the organization: each page asks then what it may still show."""
    event = {"v": 1, "type": "hidden" if to == Visibility.PRIVATE else "shown", "run": str(run.code)}
    after_commit(broadcast.announce, broadcast.org_group(run.org_id), {"type": "org.event", "event": event})
